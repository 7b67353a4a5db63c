"""How verdicts reach people and programs: the board, plain lines, the table, annotations."""
