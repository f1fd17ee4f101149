#include "engine/cuda/backend.h"

namespace e2lm {
namespace {

[[noreturn]] void refuse() {
  throw Error("--device cuda", "this program was built without CUDA",
              "a build where nvcc is found (cmake -DE2LM_CUDA=ON says what is missing), or cpu");
}

}  // namespace

void check_cuda(Precision) {
  refuse();
}

std::unique_ptr<Backend> open_cuda_backend(Precision, const CudaLimits&) {
  refuse();
}

bool cuda_is_there() {
  return false;
}

bool cuda_has_bfloat16() {
  return false;
}

std::vector<CudaCard> list_cuda_cards() {
  return {};
}

std::string describe_cuda() {
  return "this program was built without CUDA";
}

void choose_cuda_card(int) {}  // check_cuda() will tell

}  // namespace e2lm
