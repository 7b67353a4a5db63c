"""What two locks differ in, and what of it one should look at before it is merged."""
