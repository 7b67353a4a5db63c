"""Why a job fails in the sandbox although the same check passes in the work tree."""
