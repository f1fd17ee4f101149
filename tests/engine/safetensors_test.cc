#include "engine/safetensors.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/places.h"
#include "tests/support/safetensors_writer.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class SafetensorsTest : public testing::Test {
 protected:
  // Opens a file of these bytes.
  void open(const std::string& bytes) {
    SafetensorsFile::open(scratch_.write("model.safetensors", bytes));
  }

  // One tensor "a" described so, over eight data bytes.
  void open_entry(const std::string& entry) {
    open(safetensors_bytes("{\"a\":" + entry + "}", std::string(8, 'x')));
  }

  Scratch scratch_;
};

TEST_F(SafetensorsTest, ReadsNamesShapesAndValues) {
  const float values[] = {1.5F, -2.0F};
  const std::string data(reinterpret_cast<const char*>(values), sizeof values);
  const uint16_t halves[] = {0x3C00, 0xC000, 0x0001, 0x7C00};  // 1, -2, smallest, infinity
  const std::string half_data(reinterpret_cast<const char*>(halves), sizeof halves);
  const Path path =
      scratch_.write("m.safetensors", safetensors_bytes(R"({"__metadata__":{"format":"pt"},
        "b":{"dtype":"F16","shape":[4],"data_offsets":[8,16]},
        "a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})",
                                                        data + half_data));
  const SafetensorsFile file = SafetensorsFile::open(path);
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(file.tensors()[0].describe(), "F32 [2, 1]");
  std::vector<float> read(2);
  read_floats(file.tensors()[0], 0, read);
  EXPECT_EQ(read, (std::vector<float>{1.5F, -2.0F}));
  std::vector<float> half(4);
  read_floats(file.tensors()[1], 0, half);
  EXPECT_EQ(half[0], 1.0F);
  EXPECT_EQ(half[1], -2.0F);
  EXPECT_EQ(half[2], 0x1p-24F);
  EXPECT_TRUE(std::isinf(half[3]));
}

TEST_F(SafetensorsTest, RefusesTruncatedFiles) {
  expect_error([&] { open(""); }, "model.safetensors", "0 bytes");
  expect_error([&] { open("1234567"); }, "7 bytes");
  const Path golden = source_dir() / "tests/golden/models/falcon_h1_plain/model.safetensors";
  const std::string whole = read_file(golden);
  for (const size_t keep : {size_t{8}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    expect_error([&] { open(whole.substr(0, keep)); }, "model.safetensors");
  }
  expect_error([&] { open(whole + "x"); }, "1 bytes no tensor uses");
  expect_error([&] { open("version https://git-lfs.github.com/spec/v1\noid sha256:1f\nsize 9\n"); },
               "model.safetensors", "pointer", "git lfs pull");
}

TEST_F(SafetensorsTest, RefusesHeaderLengthsBeyondTheFile) {
  std::string bytes = safetensors_bytes("{}", "");
  bytes[0] = 3;
  expect_error([&] { open(bytes); }, "claims 3 bytes");
  for (int i = 0; i < 8; ++i) bytes[i] = '\xff';
  expect_error([&] { open(bytes); }, "claims 18446744073709551615 bytes");
}

TEST_F(SafetensorsTest, RefusesHeadersThatAreNoTensorTable) {
  expect_error([&] { open(safetensors_bytes("[]", "")); }, "no JSON object");
  expect_error([&] { open(safetensors_bytes("{\"a\":", "")); }, "JSON");
  expect_error([&] { open(safetensors_bytes("{\"a\":1}", "")); }, "tensor 'a'");
  const std::string entry = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  expect_error(
      [&] {
        open(safetensors_bytes("{\"a\":" + entry + ",\"a\":" + entry + "}", std::string(8, 'x')));
      },
      "'a' twice");
  expect_error([&] { open(safetensors_bytes(std::string(5000, '['), "")); }, "nested deeper");
}

TEST_F(SafetensorsTest, RefusesWrongDtypesAndShapes) {
  expect_error([&] { open_entry(R"({"dtype":"I64","shape":[1],"data_offsets":[0,8]})"); },
               "tensor 'a'", "I64", "F32, BF16 or F16");
  expect_error([&] { open_entry(R"({"dtype":7,"shape":[1],"data_offsets":[0,8]})"); }, "dtype 7");
  expect_error([&] { open_entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"); },
               "8 bytes of data for F32 [3]", "12 bytes");
  expect_error([&] { open_entry(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"); },
               "size -2");
  expect_error([&] { open_entry(R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})"); }, "shape");
  expect_error(
      [&] {
        open_entry(R"({"dtype":"F32","shape":[4611686018427387903,8],"data_offsets":[0,8]})");
      },
      "endless");
}

TEST_F(SafetensorsTest, RefusesOffsetsOutOfRange) {
  expect_error([&] { open_entry(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})"); },
               "[0, 16]", "8 data bytes");
  expect_error([&] { open_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"); },
               "[8, 0]");
  expect_error([&] { open_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})"); }, "[-8");
  expect_error([&] { open_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"); },
               "data_offsets");
}

TEST_F(SafetensorsTest, RefusesOverlapsAndGaps) {
  const auto two = [&](const char* first, const char* second) {
    open(safetensors_bytes(std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)") +
                               first + R"(},"b":{"dtype":"F32","shape":[2],"data_offsets":)" +
                               second + "}}",
                           std::string(20, 'x')));
  };
  expect_error([&] { two("[0,8]", "[4,12]"); }, "'b'", "overlaps");
  expect_error([&] { two("[0,8]", "[0,8]"); }, "overlaps");
  expect_error([&] { two("[0,8]", "[12,20]"); }, "'b'", "gap");
  expect_error([&] { two("[0,8]", "[8,16]"); }, "4 bytes no tensor uses");
}

// Found by fuzzing (corpus/safetensors/found_no_elements): nothing was copied to nowhere.
TEST_F(SafetensorsTest, ATensorWithoutElementsHasNothingToRead) {
  const auto file = SafetensorsFile::open(
      scratch_.write("model.safetensors",
                     safetensors_bytes(R"({"a":{"dtype":"F32","shape":[0,2293372036854775808],)"
                                       R"("data_offsets":[0,0]}})",
                                       "")));
  ASSERT_EQ(file.tensors().at(0).elements(), 0);
  std::vector<float> values;
  read_floats(file.tensors()[0], 0, values);
  EXPECT_TRUE(values.empty());
}

}  // namespace
}  // namespace e2lm
