"""YooChoose: clicks of shop sessions, the part that session-based methods are compared on."""

from shopwindow.ingest.public.opening import HOME, SEEN, Opening
from shopwindow.ingest.public.published_split import TEST, TRAIN, with_event_ids
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.schema.shop import ShopConfig

DAY_MINUTES = 24 * 60


def open_yoochoose(opening: Opening) -> ShopConfig:
    """Clicks of 21,210 shop sessions, unix seconds; the published test is the last day.

    A session is an anonymous customer of its own, and stays one session however long its pauses are. Event
    ids say which rows are the published test (`in_published_test`); `train_tr` and `train_valid` are parts of
    `train_full` and not imported again. One row of train_full occurs twice; both are kept.

    D. Ben-Shimon et al., "RecSys Challenge 2015 and the YOOCHOOSE Dataset", RecSys 2015; prepared as by
    M. Ludewig and D. Jannach, "Evaluation of Session-based Recommendation Algorithms", UMUAI 2018. The
    challenge's terms: research use.
    """
    folder = opening.data / "yoochoose-100k"
    shop = ShopConfig(name="yoochoose-100k", session_gap_minutes=DAY_MINUTES, surfaces=HOME, actions=SEEN)
    mapping = FieldMapping(
        columns=(("event_id", "event_id"), ("customer", "SessionId"), ("item", "ItemId"), ("at", "Time")),
        constants=(("action", "click"),),
        delimiter="\t",
        time="s",
    )
    sources = [
        Source(
            with_event_ids(
                folder / f"yoochoose-clicks-100k_{name}.txt",
                prefix,
                opening.described / f"yoochoose-{name}.tsv",
            ),
            "actions",
            mapping,
        )
        for name, prefix in (("train_full", TRAIN), ("test", TEST))
    ]
    return opening.take(shop, *sources)
