"""The Studio API; nothing else in rolesync speaks HTTP to Studio."""
