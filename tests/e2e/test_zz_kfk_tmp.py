import time
from tests.e2e.conftest import *  # noqa
from tests.e2e.test_outages import *
from tests.e2e.test_outages import kafka, wait_for_requests
import pytest

for n in list(globals()):
    if n.startswith("test_"):
        del globals()[n]


@pytest.mark.timeout(300)
def test_x(mariadb_server, make_rig, unique_name):
    with KafkaBroker() as broker:
        for shop in generated_shop(mariadb_server, unique_name):
            log = kafka(broker)
            log["kafka"].pop("transaction_timeout_ms")
            rig = make_rig(mariadb_server, log=log)
            rig.daemon.start()
            with BusyShop(mariadb_server, unique_name, 2):
                wait_for_requests(rig, 20)
                for down in (0, 30):
                    broker.kill()
                    t = time.monotonic()
                    time.sleep(down)
                    broker.start()
                    u = time.monotonic()
                    wait_for_requests(rig)
                    print(
                        "down",
                        down,
                        f"broker away {u - t:.1f}, delivery went on {time.monotonic() - u:.1f}s after",
                        flush=True,
                    )
            print(rig.daemon.stop())
            print(rig.daemon._log_file)
