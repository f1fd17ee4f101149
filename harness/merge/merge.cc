#include "harness/merge/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "harness/import/import_tables.h"
#include "harness/merge/merge_cells.h"
#include "harness/merge/merge_imports.h"
#include "harness/merge/merge_plan.h"
#include "harness/merge/salvage.h"
#include "harness/store/new_store.h"
#include "harness/store/store_dump.h"

namespace e2lm {
namespace {

constexpr const char* kStoreName = "store.sqlite";

std::vector<Path> stores_within(const Path& folder) {
  std::vector<Path> stores;
  if (!std::filesystem::is_directory(folder)) return stores;
  for (const Path& entry : list_folder(folder)) {
    if (std::filesystem::exists(entry / kStoreName)) stores.push_back(entry / kStoreName);
  }
  return stores;
}

std::vector<Path> find_stores(const Path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  if (std::filesystem::exists(path / kStoreName)) return {path / kStoreName};
  std::vector<Path> stores = stores_within(path);
  return stores.empty() ? stores_within(path / "shards") : stores;
}

// In an order that follows from their content, so that the user's does not matter.
std::vector<Store> open_sources(const std::vector<Path>& sources, const Path& target, bool salvage,
                                std::vector<std::string>& notes) {
  std::vector<std::pair<std::string, Store>> opened;
  for (const Path& path : sources) {
    std::error_code none;
    if (std::filesystem::equivalent(path, target, none)) continue;
    Store store = salvage ? salvage_store(path, notes) : Store::open_unchanged(path);
    std::string hash = content_sha256(store);
    opened.emplace_back(std::move(hash), std::move(store));
  }
  std::stable_sort(opened.begin(), opened.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Store> stores;
  for (auto& [hash, store] : opened) stores.push_back(std::move(store));
  return stores;
}

void merge_plans(const std::vector<StorePlan>& plans, const MergeOptions& options, Store& target,
                 MergeSummary& summary) {
  if (plans.empty()) return;
  std::optional<StorePlan> earlier;
  if (has_plan(target)) earlier = {target.database().path().string(), read_plan(target)};
  StorePlan merged;
  std::vector<StorePlan> taken;
  for (const StorePlan& plan : plans) {
    StorePlan part = options.keep_plan && earlier ? restrict_plan(plan, earlier->plan) : plan;
    if (taken.empty()) {
      merged = part;
    } else if (options.plans_may_differ) {
      std::vector<std::string> ignored;
      unite_with_earlier(merged, part, ignored);
    } else {
      unite_plans(merged, part, taken);
    }
    taken.push_back(std::move(part));
  }
  if (earlier) unite_with_earlier(merged, *earlier, summary.notes);
  check_whole(merged);
  write_plan(target, merged.plan);
}

void merge_into(const std::vector<Store>& sources, const MergeOptions& options, Store& target,
                MergeSummary& summary) {
  Transaction transaction(target.database());
  constexpr const char* kImported = "SELECT count(*) FROM import_score";
  const int64_t imported_before = target.database().number(kImported);
  CellMerger cells(target, summary);
  std::vector<StorePlan> plans;
  for (const Store& source : sources) {
    const Snapshot snapshot(source.database());  // a sweep may be running on it
    const MergedIds ids = cells.add(source);
    if (has_plan(source)) plans.push_back(translate_plan(source, ids));
    if (has_imports(source)) merge_imports(source, target);
    ++summary.stores;
  }
  summary.imported = target.database().number(kImported) - imported_before;
  merge_plans(plans, options, target, summary);
  transaction.commit();
}

}  // namespace

std::vector<Path> stores_at(const Path& path) {
  std::vector<Path> stores = find_stores(path);
  if (stores.empty()) {
    throw StoreError(path.string(), "holds no store", "a run folder, or one of run folders");
  }
  return stores;
}

std::vector<Path> filled_stores_at(const Path& path) {
  std::vector<Path> stores = find_stores(path);
  std::erase_if(stores, [](const Path& store) {
    return !std::filesystem::exists(store) || Store::is_blank(store);
  });
  return stores;
}

MergeSummary merge_stores(const std::vector<Path>& sources, const Path& target,
                          const MergeOptions& options) {
  std::vector<std::string> lost;
  const std::vector<Store> opened = open_sources(sources, target, options.salvage, lost);
  MergeSummary summary;
  fill_store(target, [&](Store& store) {
    summary = {.notes = lost};
    merge_into(opened, options, store, summary);
  });
  return summary;
}

}  // namespace e2lm
