"""Live, by the fewest requests, and proven complete.

The holders of each managed role are read by role search, 50 a request. Whoever the list names for a role and who isn't
among its holders is looked up by address or id, or seen while another role is read page by page, whichever way takes
fewer requests. A read counts only if all its pages agree with each other and with what they hold; otherwise it is read
again, and if it stays so, refused: nothing may be concluded from half a picture. Nobody is ever concluded to be absent
from a page: whoever was not seen on one is asked for one by one.

What pages can't show is another account of the same address that is on none of those read. The setting `scan_roles`
turns them off; then each address costs a search, which shows every account that has it. An id has only one.
"""
