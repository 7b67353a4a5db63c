"""`evenfall init`: detect what a project has, plan the changes in a scratch copy, and apply them."""
