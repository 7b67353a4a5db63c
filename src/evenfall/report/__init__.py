"""Results and findings for people and for programs: terminal, plain lines, table, JSON, Markdown, annotations, SARIF."""
