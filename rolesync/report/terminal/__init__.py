"""Everything that a person sees in a terminal, as rich renderables for `cli` to print.

Signs and words carry the meaning, colour only helps; nothing is ever read as rich markup.
"""
