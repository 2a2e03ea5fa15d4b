"""Terminal views as rich renderables, which `cli` prints.

Signs and words carry the meaning, colour only helps; no text is read as rich markup.
"""
