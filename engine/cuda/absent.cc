#include "engine/cuda/backend.h"

namespace e2lm {

void check_cuda(Precision) {
  throw Error("--device cuda", "this program was built without CUDA",
              "a build where nvcc is found (cmake -DE2LM_CUDA=ON says what is missing), or cpu");
}

std::unique_ptr<Backend> open_cuda_backend(Precision precision, const CudaLimits&) {
  check_cuda(precision);
  return nullptr;
}

bool cuda_is_there() {
  return false;
}

bool cuda_has_bfloat16() {
  return false;
}

std::string describe_cuda() {
  return "this program was built without CUDA";
}

}  // namespace e2lm
