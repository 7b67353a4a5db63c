"""The software bill of materials of a lock: one CycloneDX 1.6 document, the same bytes for the same lock."""
