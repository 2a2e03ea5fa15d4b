"""Reads live users with the fewest requests, and proves that the read is complete.

1. The holders of each managed role are read by role search, 50 a request.
2. Users whom the list names for a role that they don't hold are looked up by address or id. Where many are missing, the
   pages of other roles are read instead, if that takes fewer requests.
3. A read counts only if all its pages agree with each other. Otherwise it is repeated, and refused if the pages never
   agree.

No user is ever concluded to be absent from pages alone: users not seen on a page are looked up one by one.

Limit: pages don't show a second account with the same address if that account is on none of them. The setting
`scan_roles` turns pages off; then each address costs one search, which shows every account with it. Ids are unique.
"""
