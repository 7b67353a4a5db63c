"""The merge of Dependabot's updates: what may be merged without a person, and how GitHub is asked to merge it."""
