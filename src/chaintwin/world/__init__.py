"""A hidden world: a network played with secret true parameters, measured and told over a wire on which things go wrong."""

from chaintwin.world.instruments import Instruments, Reading, readings_of
from chaintwin.world.keeping import Distance, keep_truth, read_stock, state_error
from chaintwin.world.playing import World, play_world
from chaintwin.world.shifts import shift_of
from chaintwin.world.telling import Serving, Story, story_name, tell
from chaintwin.world.truth import Spreads, draw_truth, play_seed, read_truth
from chaintwin.world.wire import Deliveries, Grade, Wire, deliver

__all__ = [
    "Deliveries",
    "Distance",
    "Grade",
    "Instruments",
    "Reading",
    "Serving",
    "Spreads",
    "Story",
    "Wire",
    "World",
    "deliver",
    "draw_truth",
    "keep_truth",
    "play_seed",
    "play_world",
    "read_stock",
    "read_truth",
    "readings_of",
    "shift_of",
    "state_error",
    "story_name",
    "tell",
]
