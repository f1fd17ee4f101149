#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "harness/store/store.h"
#include "harness/sweep/plan.h"

namespace e2lm {

// A store as a sweep leaves it, without models: three series of 16 checkpoints and a task "made"
// of 30 documents with two choices each, of which the first is right. Documents 0 to 19 are learned
// one after another, 20 to 27 answered by chance, 28 is forgotten little by little, 29 has the
// wrong key: all models soon choose its second answer, and are sure. The last checkpoint of series
// "c" failed.
inline void make_store(const Path& file) {
  constexpr int kItems = 30, kSteps = 16;
  Store store = Store::open(file);
  std::vector<int32_t> order;
  for (int32_t request = 0; request < 2 * kItems; ++request) order.push_back(request);
  Plan plan{.task_names = {"made"}};
  plan.tasks = {
      {.name = "made",
       .content_sha256 = "c",
       .tokenizer_sha256 = "t",
       .request_set = store.add_request_set("requests", order),
       .items = std::vector<ItemShape>(kItems, {.golds = {0}, .choices = {{3, 3}, {5, 5}}}),
       .metrics = {"acc", "margin"}}};
  Random random(1);
  for (const std::string name : {"a", "b", "c"}) {
    Plan::SeriesRow& series = plan.series.emplace_back();
    series.name = name;
    series.group = "g";
    series.tokenizer_sha256 = "t";
    for (int step = 1; step <= kSteps; ++step) {
      const int64_t weights = store.add_weights({name + std::to_string(step)});
      series.checkpoints.push_back(
          {{name, 10 * step, 1e9 * step, "path"}, weights, "", "float32 cpu"});
      Store::Block block;
      for (int i = 0; i < kItems; ++i) {
        double margin = random.uniform() - 0.5;
        if (i < 20) margin += 0.4 * (step - i * 0.7);
        if (i == 28) margin += 0.09 * (8 - step);
        if (i == 29) margin = -5;
        block.nats.insert(block.nats.end(), {-10 + margin, -10});
        block.counts.insert(block.counts.end(), {1, 0, 1, 0});
      }
      const int64_t cell = store.open_cell({weights, plan.tasks[0].request_set, "float32 cpu"});
      if (name == "c" && step == kSteps) {
        store.fail_cell(cell, "out of memory");
        continue;
      }
      store.add_block(cell, block);
      store.finish_cell(cell, 1, 2 * kItems);
    }
  }
  write_plan(store, plan);
}

}  // namespace e2lm
