"""The supply chain: what the lock brings, what is known of it, and what two locks differ in."""
