"""The paper of a rectification order (限期整改通知书)."""
