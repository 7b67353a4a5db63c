"""The causes of a failure in a sandbox: those that its output names, and those that an experiment proves."""
