"""What locked packages say of themselves, wherever that can be had."""
