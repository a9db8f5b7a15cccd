"""A long download shows in the log that it is alive."""

import logging

from pipeline.arriving import told_in_log

MIB = 1 << 20


def test_a_line_every_half_minute_with_share_and_speed(caplog):
    caplog.set_level(logging.INFO)
    moments = iter([0, 1, 29, 30, 31, 61])
    progress = told_in_log("mobility.parkings", lambda: next(moments))
    for received in (10, 290, 300, 310, 610):
        progress(received * MIB, 1000 * MIB if received < 600 else None)
    assert [record.getMessage() for record in caplog.records] == [
        "mobility.parkings: 300 of 1,000 MiB received, 10.0 MiB/s",
        "mobility.parkings: 610 MiB received, 10.0 MiB/s",
    ]
