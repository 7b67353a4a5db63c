"""The supply chain: the locked packages, their vulnerabilities, licenses and metadata, and the differences between two locks."""
