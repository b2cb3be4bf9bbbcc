"""The JSON API, version 1: everything that the pages show and do, for programs too.

Described at ``/api/v1/docs`` (nothing is fetched from elsewhere).  Who may come in is decided by the page
(``monitor.web.app``): on this machine everybody, on a network whoever brings the token, as the page's
cookie or as ``Authorization: Bearer``.  What changes something is refused to pages of other sites.
"""
