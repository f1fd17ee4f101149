#include "harness/sweep/checkpoint_plan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/config.h"
#include "harness/hub/cache.h"
#include "harness/sweep/weights.h"

namespace e2lm {
namespace {

// What the store knows of a checkpoint whose folder is gone or being written; false if nothing.
bool find_earlier(const Store& store, Plan::CheckpointRow& row) {
  Statement find(store.database(),
                 "SELECT weights, settings FROM checkpoint WHERE series = ? AND step = ? "
                 "AND path = ? AND weights IS NOT NULL");
  find.bind(row.ref.series).bind(row.ref.step).bind(row.ref.folder.string());
  if (!find.step()) return false;
  row.weights = find.integer(0);
  row.settings = find.text(1);
  return true;
}

// Why a sweep could not use a checkpoint; empty if none said so.
std::string find_error(const Store& store, const CheckpointRef& ref) {
  Statement find(store.database(),
                 "SELECT error FROM checkpoint WHERE series = ? AND step = ? AND path = ? "
                 "AND weights IS NULL");
  find.bind(ref.series).bind(ref.step).bind(ref.folder.string());
  return find.step() ? find.text(0) : "";
}

// What determines an engine's results besides weights, stored as `stored`, and requests:
// "float32 cpu".
std::string engine_settings(const EngineOptions& options, DType stored) {
  return fmt::format("{} {}", precision_name(choose_precision(options, stored)),
                     device_name(options.device));
}

}  // namespace

std::string not_fetched(const CheckpointRef& ref) {
  const auto lacking = missing_file(ref.folder);
  return fmt::format(
      "{} is {}: `e2lm fetch` gets it, and so do --fetch and --stream of sweep", ref.hub->name(),
      lacking && std::filesystem::exists(ref.folder) ? "here without " + *lacking : "not here");
}

Plan::CheckpointRow plan_checkpoint(const CheckpointRef& ref, Store& store,
                                    const EngineOptions& engine, bool hashes) {
  Plan::CheckpointRow row{.ref = ref};
  const bool gone = !ref.hub && !is_seen(ref.folder);
  if ((ref.as_known || gone) && find_earlier(store, row)) return row;
  if (ref.hub && !is_complete_checkpoint(ref.folder)) {
    if (const auto known = known_weights(store, ref)) {
      row.weights = known->id;
      row.settings = engine_settings(engine, known->stored);
    } else {
      row.error = not_fetched(ref);
    }
    return row;
  }
  try {
    const Checkpoint checkpoint = Checkpoint::open(ref.folder);
    const std::string sha256 =
        hashes ? known_sha256(store, checkpoint) : hashed_sha256(store, ref.folder);
    if (sha256.empty()) return row;
    row.settings = engine_settings(engine, checkpoint.stored_dtype());
    row.weights = store.add_weights({.sha256 = sha256,
                                     .family = ConfigReader(checkpoint).text("model_type"),
                                     .dtype = std::string(dtype_name(checkpoint.stored_dtype())),
                                     .parameters = checkpoint.parameters(),
                                     .bytes = checkpoint.stored_bytes()});
    if (ref.hub) remember_weights(store, ref, sha256);
  } catch (const Error& error) {
    row.error = error.what();
  }
  return row;
}

Plan as_known_now(Plan plan, Store& store, const EngineOptions& engine) {
  for (Plan::SeriesRow& series : plan.series) {
    for (Plan::CheckpointRow& row : series.checkpoints) {
      if (row.weights) continue;
      const std::string error = find_error(store, row.ref);
      row = plan_checkpoint(row.ref, store, engine, /*hashes=*/false);
      if (!row.weights && !error.empty()) row.error = error;
    }
  }
  return plan;
}

}  // namespace e2lm
