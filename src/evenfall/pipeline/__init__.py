"""All sessions and their order, as the noxfile declares them: `read_pipeline` makes a `Pipeline` of it."""
