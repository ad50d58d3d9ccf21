"""The `models` command: the models that can be used by name."""

from typing import Any

from moodcurve.cli.app import app
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.output_checks import STDOUT, check_results


@app.command
def models(json_file: JsonOption = None) -> None:
    """List the models that --model takes by name: packaged ones, and your own.

    `moodcurve train OWN --from default --name mine` adds one of your own. To remove one, delete its file.

    Example: moodcurve models
    """
    from rich.markup import escape

    from moodcurve.cli import console
    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.util.paths import models_dir
    from moodcurve.util.text import one_line

    check_results(json_file)
    found = _models()
    if json_file is not None:
        write_texts({json_file: json_text(found)})
    if json_file != STDOUT:
        heading = ("name", "model", "features", "learned from", "songs")
        keys = ("name", "model", "feature_set", "training_data", "songs")
        # a model file may state any text
        console.print_rows([heading, *(tuple(escape(one_line(str(one[key]))) for key in keys) for one in found)])
        console.print_lines([f"your own models are in {models_dir()}"])


def _models() -> list[dict[str, Any]]:
    from moodcurve.cli.messages import error_text, print_message
    from moodcurve.runtime import ModelError
    from moodcurve.runtime.loading import describe_model, model_metadata
    from moodcurve.runtime.named_models import own_models, packaged_models

    own, found = own_models(), []
    for name in (*packaged_models(), *own):
        try:
            model, feature_set = describe_model(name)
        except ModelError as error:
            print_message(error_text(error))
            continue
        metadata = model_metadata(name)
        found.append(
            {
                "name": name,
                "model": model,
                "feature_set": feature_set.name,
                "training_data": metadata.get("training_data", ""),
                "songs": metadata.get("songs", ""),
                "file": str(own[name]) if name in own else None,
            }
        )
    return found
