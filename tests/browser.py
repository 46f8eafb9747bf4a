"""A real browser without a window, driven through selenium."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

REQUIRED = "PARETOCLI_TESTS_NEED_BROWSER"
"""Set to 1 where a missing browser is a failure, not a reason to skip."""

_THERE = "return location.href === arguments[0] && document.readyState === 'complete' && "
_COUNTED = "document.getElementById('count').textContent !== ''"
_SHOWN = "[...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility())"


def find() -> tuple[str, str] | None:
    """Chromium and its driver, or None where one of them is not installed."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


def is_required() -> bool:
    return os.environ.get(REQUIRED) == "1"


def start(browser: str, driver: str) -> Any:
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless=new",
        "--no-sandbox",  # it has none for root
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever it asks for, nothing answers
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # With the driver's path selenium looks for no other, and downloads none.
    return Chrome(options=options, service=Service(driver))


class Page:
    """A page in the browser, as its reader uses it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(
        self,
        file: Path,
        *,
        width: int = 1400,
        height: int = 900,
        dark: bool = False,
        drawn: str = _COUNTED,
    ) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        command = self.driver.execute_cdp_cmd
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        command("Emulation.setDeviceMetricsOverride", size)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        command("Emulation.setEmulatedMedia", {"features": [theme]})
        self.console()
        self.requests()
        address = file.resolve().as_uri()
        self.driver.get(address)
        # On a busy machine, what answers first may still be the page before, or an empty one.
        WebDriverWait(self.driver, 60, poll_frequency=0.05).until(
            lambda driver: driver.execute_script(_THERE + drawn, address)
        )

    def console(self) -> list[str]:
        """What the console has said since it was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since this was asked last."""
        messages = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def all(self, selector: str) -> list[Any]:
        """The elements that are shown."""
        return list(self.run(f"return {_SHOWN}", selector))

    def boxes(self, selector: str) -> list[dict[str, float]]:
        """Where the elements are that are shown: left, top, right, bottom in the window."""
        return list(
            self.run(f"return {_SHOWN}.map((one) => one.getBoundingClientRect())", selector)
        )

    def texts(self, selector: str) -> list[str]:
        return [
            " ".join(text.split())
            for text in self.run(f"return {_SHOWN}.map((one) => one.textContent)", selector)
        ]

    def one(self, selector: str) -> Any:
        (element,) = self.all(selector)
        return element

    def text(self, selector: str) -> str:
        return " ".join(self.one(selector).text.split())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, script: str) -> None:
        """Wait until a script gives something true."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 60, poll_frequency=0.05).until(
            lambda driver: driver.execute_script(script)
        )

    def pick(self, identifier: str, text: str) -> None:
        """Choose an entry of a menu by its words."""
        from selenium.webdriver.support.ui import Select

        Select(self.one(f"#{identifier}")).select_by_visible_text(text)

    def hover(self, element: Any) -> None:
        self._actions().move_to_element(element).perform()
        self._drawn()

    def click(self, element: Any) -> None:
        self._actions().move_to_element(element).click().perform()

    def shift_click(self, element: Any) -> None:
        shift = "\ue008"
        self._actions().key_down(shift).move_to_element(element).click().key_up(shift).perform()

    def move(self, place: tuple[float, float]) -> None:
        """Move the pointer to a place of the window."""
        from selenium.webdriver.common.actions.action_builder import ActionBuilder

        builder = ActionBuilder(self.driver, duration=20)
        builder.pointer_action.move_to_location(*map(round, place))
        builder.perform()
        self._drawn()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag between two places of the window."""
        from selenium.webdriver.common.actions.action_builder import ActionBuilder

        builder = ActionBuilder(self.driver, duration=20)
        pointer = builder.pointer_action
        pointer.move_to_location(*map(round, start)).pointer_down()
        pointer.move_to_location(*map(round, end)).pointer_up()
        builder.perform()

    def press(self, *keys: str) -> None:
        self._actions().send_keys(*keys).perform()

    def paste(self) -> None:
        self._actions().key_down("\ue009").send_keys("v").key_up("\ue009").perform()

    def _drawn(self) -> None:
        """Wait until the page has drawn twice: on a busy machine it sees the pointer later."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));"
        )

    def _actions(self) -> Any:
        from selenium.webdriver import ActionChains

        return ActionChains(self.driver, duration=20)
