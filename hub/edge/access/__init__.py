"""Who may see and do what (权限): decided here alone, once, at the edge.

scope.py     where a thing belongs, how far a principal reaches
policy.py    which role sees, masks and writes which classes of fields (field_policy.json is what ships)
fields.py    what the contracts' declarations say
projector.py what leaves the hub, as its viewer may see it; texts.py the same for cards and messages
parameters.py what a query may ask about and a body may write
"""

from __future__ import annotations

from hub.edge.access.masks import masked as masked
from hub.edge.access.policy import Policy as Policy
from hub.edge.access.policy import packaged_policy as packaged_policy
from hub.edge.access.projector import Viewer as Viewer
from hub.edge.access.projector import project as project
from hub.edge.access.projector import project_json as project_json
from hub.edge.access.scope import Place as Place
from hub.edge.access.scope import Reach as Reach
from hub.edge.access.scope import Subject as Subject
from hub.edge.access.scope import reach_of as reach_of
from hub.edge.access.scope import require_role as require_role
