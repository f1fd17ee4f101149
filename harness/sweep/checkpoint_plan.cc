#include "harness/sweep/checkpoint_plan.h"

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/config.h"
#include "harness/hub/cache.h"
#include "harness/sweep/weights.h"

namespace e2lm {
namespace {

// Why a sweep could not use a checkpoint; empty if none said so.
std::string find_error(const Store& store, const CheckpointRef& ref) {
  Statement find(store.database(),
                 "SELECT error FROM checkpoint WHERE series = ? AND step = ? AND path = ? "
                 "AND weights IS NULL");
  find.bind(ref.series).bind(ref.step).bind(ref.folder.string());
  return find.step() ? find.text(0) : "";
}

// "float32 cpu"
std::string engine_settings(Precision precision, Device device) {
  return fmt::format("{} {}", precision_name(precision), device_name(device));
}

bool has_results(const Store& store, int64_t weights, const std::string& settings) {
  Statement find(store.database(),
                 "SELECT 1 FROM cell WHERE weights = ? AND settings = ? AND "
                 "(state = 'done' OR EXISTS (SELECT 1 FROM block WHERE cell = cell.id)) LIMIT 1");
  return find.bind(weights).bind(settings).step();
}

// Whether the sweeps of this store made such results of weights stored as bfloat16.
bool has_curves(const Store& store, const std::string& settings) {
  Statement find(store.database(),
                 "SELECT 1 FROM checkpoint p JOIN weights w ON w.id = p.weights "
                 "JOIN cell c ON c.weights = p.weights AND c.settings = p.settings "
                 "WHERE p.settings = ? AND w.dtype = ? AND c.state = 'done' LIMIT 1");
  return find.bind(settings).bind(dtype_name(DType::bfloat16)).step();
}

// All that an engine with these options may have for weights stored as `stored`; first what it has
// on this machine.
std::vector<std::string> possible_settings(const EngineOptions& options, DType stored,
                                           bool any_device) {
  std::vector<Device> devices = {options.device};
  if (any_device) devices.push_back(options.device == Device::cpu ? Device::cuda : Device::cpu);
  std::vector<Precision> precisions = {choose_precision(options, stored)};
  if (!options.precision && stored == DType::bfloat16) {
    const bool rounds = precisions[0] == Precision::bfloat16;
    precisions.push_back(rounds ? Precision::float32 : Precision::bfloat16);
  }
  std::vector<std::string> all;
  for (const Device device : devices) {
    for (const Precision precision : precisions) all.push_back(engine_settings(precision, device));
  }
  return all;
}

// What determines an engine's results besides weights, stored as `stored`, and requests. Where that
// is left to the machine a store goes on as it began: another one, which would choose otherwise,
// neither computes everything anew nor mixes both in a curve.
std::string choose_settings(const EngineOptions& options, DType stored, bool any_device,
                            const Store& store, int64_t weights) {
  const std::vector<std::string> possible = possible_settings(options, stored, any_device);
  for (const std::string& settings : possible) {
    if (has_results(store, weights, settings)) return settings;
  }
  for (const std::string& settings : possible) {
    if (has_curves(store, settings)) return settings;
  }
  return possible.front();
}

// What the plan before says of a checkpoint. False if nothing.
bool find_earlier(const Store& store, Plan::CheckpointRow& row) {
  Statement find(store.database(),
                 "SELECT weights, settings, path FROM checkpoint WHERE series = ? AND step = ? "
                 "AND weights IS NOT NULL");
  const bool met = find.bind(row.ref.series).bind(row.ref.step).step();
  if (!met || place_name(find.text(2)) != place_name(row.ref.folder)) return false;
  row.weights = find.integer(0);
  row.settings = find.text(1);
  return row.as_before = true;
}

// The weights that lay in a folder which is gone. False if the store met none there.
bool find_by_place(const Store& store, const EngineOptions& engine, bool any_device,
                   Plan::CheckpointRow& row) {
  const auto known = weights_of_place(store, row.ref.folder);
  if (!known) return false;
  row.weights = known->id;
  row.settings = choose_settings(engine, known->stored, any_device, store, known->id);
  return row.as_before = true;
}

}  // namespace

std::string not_fetched(const CheckpointRef& ref) {
  const auto lacking = missing_file(ref.folder);
  return fmt::format(
      "{} is {}: `e2lm fetch` gets it, and so do --fetch and --stream of sweep", ref.hub->name(),
      lacking && std::filesystem::exists(ref.folder) ? "here without " + *lacking : "not here");
}

Plan::CheckpointRow plan_checkpoint(const CheckpointRef& ref, Store& store,
                                    const EngineOptions& engine,
                                    const CheckpointPlanning& planning) {
  Plan::CheckpointRow row{.ref = ref};
  const bool gone = !ref.hub && !is_seen(ref.folder);
  if ((ref.as_known || gone) && find_earlier(store, row)) return row;
  if (gone && find_by_place(store, engine, planning.any_device, row)) return row;
  if (ref.hub && !is_complete_checkpoint(ref.folder)) {
    if (const auto known = known_weights(store, ref)) {
      row.weights = known->id;
      row.settings = choose_settings(engine, known->stored, planning.any_device, store, known->id);
    } else {
      row.error = not_fetched(ref);
    }
    return row;
  }
  try {
    const Checkpoint checkpoint = Checkpoint::open(ref.folder);
    const std::string sha256 =
        planning.hashes ? known_sha256(store, ref.folder) : hashed_sha256(store, ref.folder);
    if (sha256.empty()) return row;
    row.weights = store.add_weights({.sha256 = sha256,
                                     .family = ConfigReader(checkpoint).text("model_type"),
                                     .dtype = std::string(dtype_name(checkpoint.stored_dtype())),
                                     .parameters = checkpoint.parameters(),
                                     .bytes = checkpoint.stored_bytes()});
    row.settings = choose_settings(engine, checkpoint.stored_dtype(), planning.any_device, store,
                                   *row.weights);
    if (ref.hub) remember_weights(store, ref, sha256);
  } catch (const StoreError&) {
    throw;
  } catch (const Error& error) {
    row.error = error.what();
  }
  return row;
}

bool has_results_of_card(const Store& store) {
  Statement find(store.database(),
                 "SELECT 1 FROM checkpoint p JOIN cell c ON c.weights = p.weights AND "
                 "c.settings = p.settings WHERE p.position IS NOT NULL AND c.state = 'done' AND "
                 "p.settings LIKE '% ' || ? LIMIT 1");
  return find.bind(device_name(Device::cuda)).step();
}

Precision precision_of(std::string_view settings) {
  const bool rounded = settings.starts_with(precision_name(Precision::bfloat16));
  return rounded ? Precision::bfloat16 : Precision::float32;
}

Plan as_known_now(Plan plan, Store& store, const EngineOptions& engine) {
  for (Plan::SeriesRow& series : plan.series) {
    for (Plan::CheckpointRow& row : series.checkpoints) {
      if (row.weights) continue;
      const std::string error = find_error(store, row.ref);
      row = plan_checkpoint(row.ref, store, engine, {.hashes = false});
      if (!row.weights && !error.empty()) row.error = error;
    }
  }
  return plan;
}

}  // namespace e2lm
