"""Known vulnerabilities in what is locked: advisories, what they say of a lock, and what a policy makes of it."""
