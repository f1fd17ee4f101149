// Which of cuBLASLt's algorithms products take: the library is a made one here, which offers what a
// test says. What it computes is not looked at.

#include <cublasLt.h>
#include <gtest/gtest.h>

#include <cstring>

#include "engine/cuda/blas_library.h"
#include "engine/cuda/product.h"
#include "tests/support/expect_error.h"

namespace e2lm::cuda {
namespace {

constexpr int32_t kUnsaid = -1;
constexpr int32_t kStreamK = -2;  // what the library calls it: each tile has sums of its own

struct Algorithm {
  int32_t splits = 1;
  int32_t reduction = CUBLASLT_REDUCTION_SCHEME_NONE;
  int64_t most_rows = 1 << 20;
  cublasStatus_t found = CUBLAS_STATUS_SUCCESS;    // the heuristic's word
  cublasStatus_t checked = CUBLAS_STATUS_SUCCESS;  // the check's, within its result
};

struct MadeLibrary {
  std::vector<Algorithm> algorithms;
  bool describes_products = true;
  int handles = 0;
  std::vector<int> used;
};
MadeLibrary made;

// An algorithm is its number, a layout its columns.
int number_of(const cublasLtMatmulAlgo_t& algorithm) {
  return static_cast<int>(algorithm.data[0]);
}

cublasStatus_t part_of(const cublasLtMatmulAlgo_t* algorithm,
                       cublasLtMatmulAlgoConfigAttributes_t what, void* to, size_t bytes, size_t*) {
  const int number = number_of(*algorithm);
  int32_t value = kUnsaid;
  if (what == CUBLASLT_ALGO_CONFIG_ID) value = number;
  if (what == CUBLASLT_ALGO_CONFIG_SPLITK_NUM) value = made.algorithms[number].splits;
  if (what == CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME) value = made.algorithms[number].reduction;
  if (value == kUnsaid || bytes != sizeof(value)) return CUBLAS_STATUS_NOT_SUPPORTED;
  std::memcpy(to, &value, sizeof(value));
  return CUBLAS_STATUS_SUCCESS;
}

BlasLibrary made_library() {
  BlasLibrary library = {};
  library.create = [](cublasLtHandle_t* handle) {
    ++made.handles;
    static int place;
    *handle = reinterpret_cast<cublasLtHandle_t>(&place);
    return CUBLAS_STATUS_SUCCESS;
  };
  library.destroy = [](cublasLtHandle_t) {
    --made.handles;
    return CUBLAS_STATUS_SUCCESS;
  };
  library.status_string = [](cublasStatus_t) { return "made to fail"; };
  library.product_create = [](cublasLtMatmulDesc_t* product, cublasComputeType_t, cudaDataType_t) {
    if (!made.describes_products) return CUBLAS_STATUS_NOT_INITIALIZED;
    *product = new cublasLtMatmulDescOpaque_t();
    return CUBLAS_STATUS_SUCCESS;
  };
  library.product_destroy = [](cublasLtMatmulDesc_t product) {
    delete product;
    return CUBLAS_STATUS_SUCCESS;
  };
  library.product_set = [](auto...) { return CUBLAS_STATUS_SUCCESS; };
  library.layout_create = [](cublasLtMatrixLayout_t* layout, cudaDataType, uint64_t,
                             uint64_t columns, int64_t) {
    *layout = new cublasLtMatrixLayoutOpaque_t();
    (*layout)->data[0] = columns;
    return CUBLAS_STATUS_SUCCESS;
  };
  library.layout_destroy = [](cublasLtMatrixLayout_t layout) {
    delete layout;
    return CUBLAS_STATUS_SUCCESS;
  };
  library.preference_create = [](cublasLtMatmulPreference_t* preference) {
    *preference = new cublasLtMatmulPreferenceOpaque_t();
    return CUBLAS_STATUS_SUCCESS;
  };
  library.preference_destroy = [](cublasLtMatmulPreference_t preference) {
    delete preference;
    return CUBLAS_STATUS_SUCCESS;
  };
  library.preference_set = [](auto...) { return CUBLAS_STATUS_SUCCESS; };
  library.heuristic = [](auto, auto, auto, auto, auto, auto, auto, int,
                         cublasLtMatmulHeuristicResult_t* found, int* count) {
    for (size_t i = 0; i < made.algorithms.size(); ++i) {
      found[i] = {};
      found[i].algo.data[0] = i;
      found[i].state = made.algorithms[i].found;
    }
    *count = static_cast<int>(made.algorithms.size());
    return CUBLAS_STATUS_SUCCESS;
  };
  library.algorithm_get = part_of;
  library.algorithm_check = [](auto, auto, auto, cublasLtMatrixLayout_t x, auto, auto,
                               const cublasLtMatmulAlgo_t* algorithm,
                               cublasLtMatmulHeuristicResult_t* result) {
    const Algorithm& checked = made.algorithms[number_of(*algorithm)];
    result->state = checked.checked;
    const bool takes_it = static_cast<int64_t>(x->data[0]) <= checked.most_rows;
    return takes_it ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED;
  };
  library.multiply = [](auto, auto, auto, auto, auto, auto, auto, auto, auto, auto, auto, auto,
                        const cublasLtMatmulAlgo_t* algorithm, auto, auto, auto) {
    made.used.push_back(number_of(*algorithm));
    return CUBLAS_STATUS_SUCCESS;
  };
  return library;
}

class CudaProducts : public testing::Test {
 protected:
  CudaProducts() { made = {}; }

  static void multiply(Products& products, int32_t rows) {
    DeviceMatrix matrix;
    matrix.inputs = 64;
    matrix.outputs = 96;
    products.multiply(matrix, {0, 96}, {nullptr, 64, 64, Element::bfloat16}, rows,
                      Products::Into::fresh, {nullptr, 96, 96, nullptr});
  }

  // The number of the one taken of those that are offered.
  static int taken(std::vector<Algorithm> offered) {
    made.algorithms = std::move(offered);
    made.used.clear();
    Products products(nullptr);
    multiply(products, 1);
    multiply(products, 3000);
    EXPECT_EQ(made.used.front(), made.used.back());
    return made.used.back();
  }
};

TEST_F(CudaProducts, TakeTheFirstThatSplitsNoSum) {
  EXPECT_EQ(taken({{.splits = 4}, {.reduction = CUBLASLT_REDUCTION_SCHEME_INPLACE}, {}, {}}), 2);
  EXPECT_EQ(taken({{.splits = 2}, {.splits = 0}}), 1);
  EXPECT_EQ(taken({{.splits = kStreamK}, {}}), 1);
}

TEST_F(CudaProducts, TakeOneThatDoesNotSayWhetherItSplits) {
  EXPECT_EQ(taken({{.splits = kUnsaid, .reduction = kUnsaid}, {}}), 0);
  EXPECT_EQ(taken({{.splits = 4, .reduction = kUnsaid}, {.splits = kUnsaid}}), 1);
}

TEST_F(CudaProducts, TakeOneThatDoesForEveryWave) {
  EXPECT_EQ(taken({{.most_rows = 64}, {.most_rows = 10000}, {.most_rows = 16384}}), 2);
  EXPECT_EQ(
      taken({{.checked = CUBLAS_STATUS_NOT_SUPPORTED}, {.found = CUBLAS_STATUS_NOT_SUPPORTED}, {}}),
      2);
}

TEST_F(CudaProducts, SayWhenNoneSuits) {
  expect_error(
      [] {
        taken({{.splits = 4}, {.most_rows = 64}});
      },
      "cuBLASLt", "none of its 2 algorithms", "bfloat16 products of 64 inputs and 96 outputs",
      "16384 rows");
  expect_error([] { taken({}); }, "none of its 0 algorithms");
}

// From afar the error is all that is seen of a card.
TEST_F(CudaProducts, SayWhyEachDoesNotSuit) {
  expect_error(
      [] {
        taken({{.splits = 4},
               {.reduction = CUBLASLT_REDUCTION_SCHEME_INPLACE},
               {.most_rows = 64},
               {.found = CUBLAS_STATUS_NOT_SUPPORTED}});
      },
      "number 0: sums in 4 parts, reduction 0", "number 1: sums in 1 parts, reduction 1",
      "number 2: 65 rows: made to fail", "number 3: made to fail");
}

TEST_F(CudaProducts, TellWhatTheyChose) {
  made.algorithms = {{.splits = 4}, {.reduction = kUnsaid}};
  Products products(nullptr);
  EXPECT_TRUE(products.choices().empty());
  multiply(products, 5);
  multiply(products, 7);
  ASSERT_EQ(products.choices().size(), 1U);
  const Products::Choice choice = products.choices()[0];
  EXPECT_EQ(choice.inputs, 64);
  EXPECT_EQ(choice.outputs, 96);
  EXPECT_EQ(choice.algorithm, 1);
  EXPECT_EQ(choice.splits, 1);
  EXPECT_EQ(choice.tile, -1);
  EXPECT_EQ(choice.reduction, -1);
}

TEST_F(CudaProducts, GiveTheLibraryBackAlsoWhenStartingItFails) {
  { const Products products(nullptr); }
  EXPECT_EQ(made.handles, 0);
  made.describes_products = false;
  expect_error([] { const Products products(nullptr); }, "cuBLASLt", "describing a product",
               "made to fail");
  EXPECT_EQ(made.handles, 0);
}

}  // namespace

// In the place of the one that opens the real library.
const BlasLibrary& blas_library() {
  static const BlasLibrary kMade = made_library();
  return kMade;
}

}  // namespace e2lm::cuda
