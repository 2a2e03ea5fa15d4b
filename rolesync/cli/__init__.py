"""The commands, one file each: parse, call a story of `workflows`, print what it returns, exit code."""
