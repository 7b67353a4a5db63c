"""Text from a pipeline: the files that Evenfall writes and can prove to be current."""
