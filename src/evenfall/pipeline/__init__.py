"""The pipeline that the noxfile declares: `evenfall.session` declares it, `read_pipeline` returns it as a `Pipeline`."""
