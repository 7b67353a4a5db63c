"""The likely causes of a failure in a sandbox, for a session that passes in the work tree."""
