"""What the commands around the stack say, in the language of the terminal's locale or in the one asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["zh", "en"]

_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order in which POSIX reads them."""

WORDS: Final[dict[str, tuple[str, str]]] = {
    "name": ("名称", "name"),
    "state": ("状态", "state"),
    "pid": ("进程号", "pid"),
    "address": ("地址", "address"),
    "log": ("日志", "log"),
    "ready": ("就绪", "ready"),
    "not_ready": ("未就绪", "not ready"),
    "frozen": ("停住", "frozen"),
    "dead": ("已退出", "dead"),
    "restarted": ("，重启 {count} 次", ", restarted {count}x"),
    "starting": ("正在启动", "starting"),
    "stopping": ("正在停止", "stopping"),
    "still_up": ("正在停止；尚在运行：{names}", "stopping; still up: {names}"),
    "up_already": ("系统已在运行。", "The stack is up already."),
    "other_clock": (
        "业务时钟为 {clock}；如需更改，先 down 再 up。",
        "Its business clock is {clock}; to change that: down, then up.",
    ),
    "stopped": ("已停止：{names}。", "Stopped: {names}."),
    "nothing_ran": ("没有在运行的进程。", "Nothing was running."),
    "down": ("系统未运行。", "The stack is down."),
    "phase": ("阶段：{phase}", "Phase: {phase}"),
    "supervisor": ("监管进程：{pid}，{log}", "Supervisor: pid {pid}, {log}"),
    "gateway": ("网关：{url}  接口文档：{url}/docs", "Gateway: {url}  API: {url}/docs"),
    "simulated": (
        "业务时钟：模拟；请求头 Mengchuang-Today 指定当天日期。",
        "Business clock: simulated; the header Mengchuang-Today says what day it is.",
    ),
    "phase_starting": ("启动中", "starting"),
    "phase_ready": ("就绪", "ready"),
    "phase_stopping": ("停止中", "stopping"),
    "phase_stopped": ("已停止", "stopped"),
    "phase_failed": ("失败", "failed"),
}


class Words:
    """One language's words."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @classmethod
    def of_locale(cls, environment: Mapping[str, str] | None = None) -> Words:
        """Chinese where the locale is, English otherwise."""
        given = os.environ if environment is None else environment
        locale = next((given[name] for name in _LOCALE if given.get(name)), "")
        return cls("zh" if locale.lower().startswith("zh") else "en")

    def __call__(self, word: str, /, **values: object) -> str:
        """Raises KeyError for a word that does not exist."""
        chinese, english = WORDS[word]
        return (chinese if self.language == "zh" else english).format(**values)
