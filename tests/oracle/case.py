"""What a request of the list is made of."""
import dataclasses
from typing import Callable, Optional, Union

import link
import schema


@dataclasses.dataclass
class Case:
    """One request, in each of its versions: the bytes are the same for both servers but for what `body` takes from them.

    `body` is a dict, or a function of (version, side) that gives one.
    """
    api: str
    name: str
    body: Union[dict, Callable] = dataclasses.field(default_factory=dict)
    versions: Optional[tuple] = None         # first and last; None: all that are served
    frame: Optional[Callable] = None         # (version, sound frame) -> what is sent instead
    keep: Optional[Callable] = None          # (side, answer): remembers something for later requests
    again: Optional[Callable] = None         # (answer): it is not there yet; whoever says so is asked again
    changes: bool = False                    # the server decides something that it may serve only later
    answered: bool = True                    # False: acks=0
    answer_version: Optional[int] = None     # when the answer has another version than the request
    odd: bool = False                        # generated from a valid one; counts for no coverage

    def served(self, first, last):
        """The versions of this case within those that are served."""
        low, high = self.versions or (first, last)
        return range(max(low, first), min(high, last) + 1)

    def bytes_for(self, version, side):
        body = self.body(version, side) if callable(self.body) else self.body
        if self.frame and version not in schema.request(self.api).versions:
            return self.frame(version, b"")
        sound = link.request(self.api, version, body)
        return self.frame(version, sound) if self.frame else sound


def topic_key(version, side, name, first_with_ids, field="Topic", id_field="TopicId"):
    """A topic by its name, or by the id that it has on this side."""
    return {id_field: side.topic_id(name)} if version >= first_with_ids else {field: name}
