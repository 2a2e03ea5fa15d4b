"""The manual: one Markdown page a topic, behind `rolesync help TOPIC` and the README's links."""
