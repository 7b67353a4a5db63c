"""Known vulnerabilities of the locked packages: advisories, the packages that they affect, and the policy that decides what fails."""
