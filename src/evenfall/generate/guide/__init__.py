"""`docs/DEPLOYMENT.md`: one module for each part of the deployment guide."""
