"""The release: version, build, installation test, publication, verification, and the rehearsal of all of them."""
