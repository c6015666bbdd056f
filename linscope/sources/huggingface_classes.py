"""From a configuration to transformers' own classes for it: which, and why that one."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from linscope.errors import TargetError
from linscope.notation.suggest import closest
from linscope.sources.huggingface_library import INSTALL, first_line

if TYPE_CHECKING:
    from types import ModuleType

    from linscope.sources.huggingface_config import Configuration


@dataclass(frozen=True, slots=True)
class Architecture:
    """What is to be built.

    Args:
        model: the class of the model.
        config: the configuration as transformers has it, defaults filled in.
        chosen: why this class, where the configuration does not say; None where it does.
    """

    model: type[Any]
    config: Any
    chosen: str | None


def architecture_of(configuration: Configuration, transformers: ModuleType) -> Architecture:
    """The classes for ``configuration``.

    Raises:
        TargetError: transformers has none for it, or the configuration does not fit them.
    """
    named = configuration.architecture
    model = _model_class(configuration, named, transformers) if named is not None else None
    if model is not None:
        kind = _config_class(configuration) if configuration.model_type is not None else model.config_class
        return Architecture(model, _configured(configuration, kind), None)
    config = _configured(configuration, _config_class(configuration))
    model = _default_model(configuration, config)
    return Architecture(model, config, f"{configuration.file} names no architecture: {model.__name__}, its plain model")


def _config_class(configuration: Configuration) -> type[Any]:
    mapping = import_module("transformers.models.auto.configuration_auto").CONFIG_MAPPING
    name = configuration.model_type or ""
    try:
        found: type[Any] = mapping[name]
    except KeyError:
        raise _unknown(configuration, "model_type", name, tuple(mapping.keys())) from None
    except Exception as error:
        raise TargetError(f"transformers cannot load its {name[:60]}", details=(first_line(error),)) from error
    return found


def _model_class(configuration: Configuration, name: str, transformers: ModuleType) -> type[Any]:
    try:
        found = getattr(transformers, name)
    except AttributeError:
        known = [n for n in dir(transformers) if "For" in n or n.endswith("Model")]
        raise _unknown(configuration, "architecture", name, known) from None
    except Exception as error:
        raise TargetError(f"transformers cannot load its {name}", details=(first_line(error),)) from error
    if not (isinstance(found, type) and issubclass(found, transformers.PreTrainedModel)):
        raise TargetError(
            f"{name} is no model in PyTorch", details=(f"architectures in {configuration.file}",),
            hint="name a class of transformers, such as LlamaForCausalLM, or leave architectures out",
        )  # fmt: skip
    return found


def _default_model(configuration: Configuration, config: Any) -> type[Any]:
    mapping = import_module("transformers.models.auto.modeling_auto").MODEL_MAPPING
    try:
        found = mapping[type(config)]
    except KeyError:
        raise TargetError(
            f"transformers has no plain model for {configuration.model_type}",
            hint=f'write "architectures": [...] into {configuration.file}',
        ) from None
    except Exception as error:
        raise TargetError(
            f"transformers cannot load its {configuration.model_type}", details=(first_line(error),)
        ) from error
    model: type[Any] = found[0] if isinstance(found, tuple | list) else found
    return model


def _configured(configuration: Configuration, kind: type[Any]) -> Any:
    try:
        config = kind.from_dict(dict(configuration.values))
    except Exception as error:
        raise TargetError(f"{configuration.file} does not fit {kind.__name__}", details=(first_line(error),)) from error
    for part in parts_of(config):
        if getattr(part, "use_cache", False):
            part.use_cache = False
        if getattr(part, "use_pretrained_backbone", False):
            part.use_pretrained_backbone = False  # older versions would fetch it
    return config


def parts_of(config: Any) -> list[Any]:
    """A configuration and all those inside it."""
    inside = (getattr(config, name, None) for name in getattr(config, "sub_configs", None) or ())
    return [config, *(part for own in inside if own is not None and own is not config for part in parts_of(own))]


def _unknown(configuration: Configuration, what: str, name: str, known: Any) -> TargetError:
    near = closest(name, known)
    message, file = f"transformers has no {what} {name[:80]!r}", f"in {configuration.file}"
    if configuration.remote_code:
        why = "its auto_map points to code of its own, and linscope runs no code that a configuration names"
        return TargetError(message, details=(why, file), hint="with code that you trust: py:FILE.py:NAME")
    hint = f"did you mean {near[0]}?" if near else f"a newer version may have it: {INSTALL} --upgrade"
    return TargetError(message, details=(file,), hint=hint)
