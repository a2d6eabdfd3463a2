"""The common entrance 网关: who is calling, what he may do, where it goes, and a trail of it.

Owns accounts, system clients, WeChat bindings, sessions and the audit trail. Publishes and hears no events.
"""
