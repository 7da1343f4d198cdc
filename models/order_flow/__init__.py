"""How orders flow through their statuses: how long steps take, which ways they go, where they wait now."""
