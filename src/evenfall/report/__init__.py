"""How results reach people and programs: the board, plain lines, the table, annotations."""
