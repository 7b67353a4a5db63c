"""`evenfall run`: each job runs in its own sandbox, under a runner's conditions, with the result that CI would give."""
