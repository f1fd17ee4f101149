#include "tasks/frozen/olmo_requests.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

// A dump of two documents with two choices each, those after nothing last.
struct Dump {
  std::vector<Json> lines;
  Json config = {{"num_instances", 2},
                 {"task_config",
                  {{"num_shots", 0},
                   {"fewshot_seed", 1234},
                   {"metric_kwargs", {{"uncond_docid_offset", 1000000}}}}}};
  std::string metrics = "acc";

  Dump() {
    for (const int64_t offset : {0, 1000000}) {
      for (int doc_id = 0; doc_id < 2; ++doc_id) {
        const std::string context = offset == 0 ? "Question " + std::to_string(doc_id) : "Answer:";
        for (int idx = 0; idx < 2; ++idx) {
          lines.push_back(
              {{"request_type", "loglikelihood"},
               {"doc", {{"id", doc_id}}},
               {"request", {{"context", context}, {"continuation", idx == 0 ? " yes" : " né"}}},
               {"idx", idx},
               {"task_name", "t"},
               {"doc_id", offset + doc_id},
               {"native_id", doc_id},
               {"label", 1 - doc_id}});
        }
      }
    }
  }

  Task write(const Scratch& scratch) const {
    std::string text;
    for (const Json& line : lines) text += line.dump() + "\n";
    scratch.write("dump/requests.jsonl", text);
    scratch.write("dump/config.json", config.dump());
    return Task::read(
        scratch.write("t.yaml",
                      "task: t\noutput_type: multiple_choice\n"
                      "dataset_path: olmo_requests\ndataset_kwargs: {data_dir: dump}\n"
                      "metric_list: [{metric: " +
                          metrics + "}]\n"));
  }
};

class OlmoRequestsTest : public testing::Test {
 protected:
  TaskRequests read(const Dump& dump, const RequestOptions& options = {}) {
    return make_requests(dump.write(scratch_), options);
  }

  template <typename... Parts>
  void expect_refused(const Dump& dump, const Parts&... parts) {
    expect_error([&] { read(dump); }, parts...);
  }

  Scratch scratch_;
};

TEST_F(OlmoRequestsTest, AreThoseOfTheDump) {
  const TaskRequests task = read({}, {.keep_documents = true});
  ASSERT_EQ(task.requests.size(), 4u);
  EXPECT_EQ(task.requests[3].context, "Question 1");
  EXPECT_EQ(task.requests[3].continuation, " né");
  EXPECT_EQ(task.items[0].golds, std::vector<int32_t>{1});
  EXPECT_EQ(task.items[0].choices[1].characters, 2);
  EXPECT_EQ(task.items[0].choices[1].bytes, 3);
  EXPECT_FALSE(task.items[0].unconditional);
  EXPECT_EQ(task.documents[1].columns["id"], 1);
  EXPECT_EQ(read({}, {.limit = 1.0}).doc_ids, std::vector<int32_t>{0});
  EXPECT_EQ(read({}, {.limit = 1.0}).all_documents, 2);
  expect_error([&] { read({}, {.num_fewshot = 5}); }, "t.yaml:3", "num_fewshot 0");
}

TEST_F(OlmoRequestsTest, AfterNothingAreTakenForMutualInformation) {
  Dump dump;
  dump.metrics = "acc_mutual_info";
  const TaskRequests task = read(dump);
  ASSERT_EQ(task.requests.size(), 8u);
  EXPECT_EQ(task.requests[2].context, "Answer:");
  EXPECT_EQ(task.requests[2].idx, 2);
  EXPECT_EQ(task.requests[7].doc_id, 1);
  EXPECT_TRUE(task.items[1].unconditional);
  EXPECT_EQ(read(dump, {.samples = {1}}).requests.size(), 4u);
  dump.lines.pop_back();
  expect_refused(dump, "requests.jsonl:3", "1 requests after nothing");
}

TEST_F(OlmoRequestsTest, DamageIsAnErrorWithItsLine) {
  const auto damaged = [](size_t line, const char* key, const Json& value) {
    Dump dump;
    dump.lines[line][key] = value;
    return dump;
  };
  expect_refused(damaged(1, "request_type", "generate_until"), "requests.jsonl:2",
                 "generate_until");
  expect_refused(damaged(1, "idx", 2), "requests.jsonl:2", "request 0 of document 1");
  expect_refused(damaged(2, "doc_id", 2), "requests.jsonl:3", "request 0 of document 1");
  expect_refused(damaged(1, "label", 0), "requests.jsonl:2", "the label is 0", "1, as in");
  expect_refused(damaged(1, "request", 5), "requests.jsonl:2", "'request' is 5");
  expect_refused(damaged(1, "doc_id", nullptr), "requests.jsonl:2", "'doc_id' is null");
  Dump more;
  more.config["num_instances"] = 3;
  expect_refused(more, "requests.jsonl:9", "ends after 2 documents", "3, as config.json says");
  Dump gold;
  for (int i : {0, 1}) gold.lines[i]["label"] = 2;
  expect_refused(gold, "requests.jsonl:1", "the gold answer is 2");
  Dump bare;
  bare.config.erase("num_instances");
  expect_refused(bare, "config.json", "'num_instances' is missing");
}

}  // namespace
}  // namespace e2lm
