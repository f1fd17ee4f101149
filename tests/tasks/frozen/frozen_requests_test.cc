#include "tasks/frozen/frozen_requests.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/hash.h"
#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

// A frozen task of two documents in a scratch folder.
struct FrozenFiles {
  std::string head =
      R"({"frozen": 1, "task": "two", "output_type": "multiple_choice", "num_fewshot": 2, )"
      R"("fewshot_seed": 1234, "documents": 2, "all_documents": 7})";
  std::vector<std::string> documents = {
      R"({"doc_id": 0, "doc": {"q": "a"}, "target": 1, "gold": 1, "choices": ["x", "ÿ"], )"
      R"("requests": [["a", " x"], ["a", " ÿ"]]})",
      R"({"doc_id": 1, "doc": {"q": "b"}, "target": [0], "gold": [0, 1], "choices": ["u", "v"], )"
      R"("requests": [["b", " u"], ["b", " v"]]})"};
  std::string type = "multiple_choice";
  std::string more = "num_fewshot: 2\n";

  std::string content() const {
    std::string text = head + "\n";
    for (const std::string& document : documents) text += document + "\n";
    return text;
  }

  Path write(const Scratch& scratch) const {
    scratch.write("two.jsonl", content());
    return write_yaml(scratch, sha256_hex(content()));
  }

  Path write_yaml(const Scratch& scratch, const std::string& sha256) const {
    return scratch.write("two.yaml", "task: two\nfrozen: two.jsonl\noutput_type: " + type +
                                         "\nsha256: " + sha256 + "\n" + more);
  }
};

class FrozenRequestsTest : public testing::Test {
 protected:
  TaskRequests read(const FrozenFiles& files, const RequestOptions& options = {}) {
    return make_requests(Task::read(files.write(scratch_)), options);
  }

  template <typename... Parts>
  void expect_refused(const FrozenFiles& files, const Parts&... parts) {
    expect_error([&] { read(files); }, parts...);
  }

  Scratch scratch_;
};

TEST_F(FrozenRequestsTest, AreThoseOfTheFile) {
  const TaskRequests task = read({}, {.keep_documents = true});
  ASSERT_EQ(task.requests.size(), 4u);
  EXPECT_EQ(task.requests[1].context, "a");
  EXPECT_EQ(task.requests[1].continuation, " ÿ");
  EXPECT_EQ(task.requests[3].doc_id, 1);
  EXPECT_EQ(task.requests[3].idx, 1);
  EXPECT_EQ(task.items[0].golds, std::vector<int32_t>{1});
  EXPECT_FALSE(task.items[0].several_golds);
  EXPECT_EQ(task.items[0].choices[1].characters, 1);
  EXPECT_EQ(task.items[0].choices[1].bytes, 2);
  EXPECT_TRUE(task.items[1].several_golds);
  EXPECT_EQ(task.items[1].golds, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(task.all_documents, 7);
  EXPECT_EQ(task.shots, 2);
  EXPECT_EQ(task.documents[1].columns["q"], "b");
  EXPECT_EQ(task.targets[1], Json::array({0}));
}

TEST_F(FrozenRequestsTest, CanBeLimitedAndChosen) {
  EXPECT_EQ(read({}, {.limit = 1.0}).doc_ids, std::vector<int32_t>{0});
  EXPECT_EQ(read({}, {.limit = 0.5}).doc_ids, std::vector<int32_t>{0});
  EXPECT_EQ(read({}, {.limit = 9.0}).doc_ids, (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(read({}, {.samples = {1}}).doc_ids, std::vector<int32_t>{1});
  expect_error([&] { read({}, {.samples = {1, 2}}); }, "has no document 2", "from 0 to 1");
  expect_error([&] { read({}, {.samples = {-1}}); }, "has no document -1", "from 0 to 1");
}

TEST_F(FrozenRequestsTest, AreOfOneWayOfAsking) {
  EXPECT_EQ(read({}, {.num_fewshot = 2}).shots, 2);
  expect_error([&] { read({}, {.num_fewshot = 0}); }, "two.yaml:4", "frozen with num_fewshot 2",
               "frozen again with 0");
  expect_error([&] { read({}, {.fewshot_seed = 7}); }, "drawn by the seed 1234");
  expect_error([&] { read({}, {.fewshot_draw = FewShotDraw::per_document}); }, "in one stream");
  expect_error([&] { read({}, {.system_instruction = "Be kind."}); }, "system instruction");
  FrozenFiles files;
  files.more = "num_fewshot: 3\n";  // as a group's override would have it
  expect_refused(files, "frozen with num_fewshot 2");
}

TEST_F(FrozenRequestsTest, OfTheOtherTypesHaveTheirOwnShapes) {
  FrozenFiles files{.documents = {R"({"doc_id": 0, "requests": [["a b", " c d"]]})"}};
  files.type = "loglikelihood";
  files.head = R"({"frozen": 1, "output_type": "loglikelihood", "num_fewshot": 2, )"
               R"("fewshot_seed": 1234, "documents": 1, "all_documents": 1})";
  EXPECT_EQ(read(files).items[0].choices[0].bytes, 4);
  EXPECT_EQ(read(files).requests[0].continuation, " c d");
  files.type = "loglikelihood_rolling";
  files.head.replace(files.head.find("loglikelihood"), 13, files.type);
  files.documents = {R"({"doc_id": 0, "text": "c d", "words": 2, "bytes": 30})"};
  const TaskRequests rolling = read(files);
  EXPECT_TRUE(rolling.requests[0].rolling);
  EXPECT_EQ(rolling.requests[0].continuation, "c d");
  EXPECT_EQ(rolling.items[0].words, 2);
  EXPECT_EQ(rolling.items[0].bytes, 30);
}

TEST_F(FrozenRequestsTest, AfterNothingComeAfterTheOthers) {
  FrozenFiles files;
  files.more += "metric_list: [{metric: acc_mutual_info}]\n";
  expect_refused(files, "two.jsonl:2", "acc_mutual_info");
  for (std::string& document : files.documents) {
    document.replace(document.rfind("]]"), 2, R"(], ["", " 1"], ["", " 2"]])");
  }
  EXPECT_TRUE(read(files).items[0].unconditional);
  EXPECT_EQ(read(files).requests[2].context, "");
}

TEST_F(FrozenRequestsTest, DamageIsAnErrorWithItsLine) {
  const auto damaged = [](size_t document, const std::string& from, const std::string& to) {
    FrozenFiles files;
    std::string& line = document == 0 ? files.head : files.documents[document - 1];
    line.replace(line.find(from), from.size(), to);
    return files;
  };
  expect_refused(damaged(0, R"("frozen": 1)", R"("frozen": 2)"), "two.jsonl:1", "layout", "1,");
  expect_refused(damaged(0, R"("frozen": 1)", R"("f": 1)"), "two.jsonl:1", "'frozen' is missing");
  expect_refused(damaged(0, "multiple_choice", "loglikelihood"), "two.jsonl:1", "multiple_choice");
  expect_refused(damaged(0, R"("documents": 2)", R"("documents": 3)"), "two.jsonl:4",
                 "ends after 2 documents", "3 documents");
  expect_refused(damaged(0, R"("documents": 2)", R"("documents": 1)"), "two.jsonl:3", "the last");
  expect_refused(damaged(0, R"("documents": 2)", R"("documents": -2)"), "two.jsonl:1", "-2");
  expect_refused(damaged(1, R"("doc_id": 0)", R"("doc_id": 1)"), "two.jsonl:2", "that of its line");
  expect_refused(damaged(1, R"("gold": 1)", R"("gold": 2)"), "two.jsonl:2", "gold answer is 2");
  expect_refused(damaged(1, R"("gold": 1)", R"("gold": "x")"), "two.jsonl:2", "gold answer");
  expect_refused(damaged(1, R"("gold": 1, )", ""), "two.jsonl:2", "gold answer is null");
  expect_refused(damaged(1, R"("gold": 1)", R"("gold": -1)"), "two.jsonl:2", "gold answer is -1");
  expect_refused(damaged(2, R"(["b", " v"])", R"(["b"])"), "two.jsonl:3", "a request is");
  expect_refused(damaged(2, R"(, ["b", " v"])", ""), "two.jsonl:3", "1 requests for 2 choices");
  expect_refused(damaged(2, R"("u", "v")", R"("u", 5)"), "two.jsonl:3", "a choice is 5");
  expect_refused(damaged(2, R"({"doc_id")", R"({"doc_id)"), "two.jsonl:3");
  expect_refused({.head = ""}, "two.jsonl:1");
}

TEST_F(FrozenRequestsTest, OtherContentThanTheTaskFilesIsAnError) {
  const FrozenFiles files;
  files.write(scratch_);
  const Path path = files.write_yaml(scratch_, std::string(64, 'a'));
  expect_error([&] { make_requests(Task::read(path), {.limit = 1.0}); }, "two.yaml:4", "SHA-256",
               sha256_hex(files.content()));
  const Path short_hash = files.write_yaml(scratch_, "abc");
  expect_error([&] { Task::read(short_hash); }, "two.yaml:4", "64 hexadecimal digits");
}

TEST_F(FrozenRequestsTest, ArePackedAsWell) {
  const FrozenFiles files;
  const std::string content = files.content();
  const Path packed = scratch_ / "two.jsonl";
  gzFile_s* file = ::gzopen(packed.c_str(), "wb");
  ::gzwrite(file, content.data(), content.size());
  ::gzclose(file);
  const Task task = Task::read(files.write_yaml(scratch_, sha256_hex(content)));
  EXPECT_EQ(make_requests(task).requests.size(), 4u);
  const std::string bytes = read_file(packed);
  write_file(packed, bytes.substr(0, bytes.size() - 12));
  expect_error([&] { make_requests(task); }, "two.jsonl:", "cut off");
}

TEST_F(FrozenRequestsTest, NeedTheirFile) {
  const FrozenFiles files;
  const Path path = files.write_yaml(scratch_, sha256_hex(""));
  expect_error([&] { make_requests(Task::read(path)); }, "two.jsonl", "no such file");
}

}  // namespace
}  // namespace e2lm
