// What lies between the convolutions of MuseTalk's networks on a card, in few passes over memory: half precision,
// channels last, arithmetic in float32. kernels.py compiles and launches these, and has the formulas in plain PyTorch.
// `wide` and `narrow` (half_bits to float and back) come before this text.
//
// A picture is rows (height * width) of c8 columns, each of eight channels. A block is c8 * n threads, and each thread
// keeps to one column, so that neighbours read neighbours.

struct __align__(16) Eight { half_bits v[8]; };

// Rows of a picture that block `at` of `of` answers for.
struct Share { int begin, end; };
__device__ __forceinline__ Share share_of(int rows, int at, int of) {
  const int each = (rows + of - 1) / of, begin = at * each;
  return {begin < rows ? begin : rows, begin + each < rows ? begin + each : rows};
}

// x (n, rows, c8) + bias (n, c8) -> part (n, parts, groups, 2): sums and sums of squares by group of channels, added up
// in the same order each time. stride: from one picture's bias to the next, 0 for one of all, -1 for none.
// Shared memory: 16 floats a thread.
extern "C" __global__ void sums(const Eight* x, const Eight* bias, float* part, int rows, int c8, int groups, int stride) {
  extern __shared__ float held[];
  const int t = threadIdx.x, column = t % c8, step = blockDim.x / c8, picture = blockIdx.y;
  const Eight* mine = x + (size_t)picture * rows * c8;
  const Eight more = stride < 0 ? Eight{} : bias[(size_t)picture * stride + column];
  float add[8], sum[8], square[8];
  for (int k = 0; k < 8; k++) { add[k] = wide(more.v[k]); sum[k] = square[k] = 0; }
  const Share share = share_of(rows, blockIdx.x, gridDim.x);
  for (int row = share.begin + t / c8; row < share.end; row += step) {
    const Eight given = mine[(size_t)row * c8 + column];
    for (int k = 0; k < 8; k++) { const float v = wide(given.v[k]) + add[k]; sum[k] += v; square[k] += v * v; }
  }
  for (int k = 0; k < 8; k++) { held[t * 16 + k] = sum[k]; held[t * 16 + 8 + k] = square[k]; }
  __syncthreads();
  if (t >= groups) return;
  const int wide_of = c8 * 8 / groups;  // channels of a group
  float all = 0, squares = 0;
  for (int r = 0; r < step; r++)
    for (int channel = t * wide_of; channel < (t + 1) * wide_of; channel++) {
      const float* at = held + (r * c8 + channel / 8) * 16 + channel % 8;
      all += at[0]; squares += at[8];
    }
  float* to = part + (((size_t)picture * gridDim.x + blockIdx.x) * groups + t) * 2;
  to[0] = all; to[1] = squares;
}

// y = norm(x + bias), with SiLU after it where `silu` is not 0; part: of `sums`, `parts` blocks a picture.
extern "C" __global__ void normed(const Eight* x, const Eight* bias, const float* part, const Eight* weight, const Eight* shift,
                                Eight* y, int rows, int c8, int groups, int stride, int parts, int silu, double eps) {
  __shared__ float mean[64], scale[64];
  const int t = threadIdx.x, column = t % c8, step = blockDim.x / c8, picture = blockIdx.y;
  const int wide_of = c8 * 8 / groups;
  if (t < groups) {
    float all = 0, squares = 0;
    for (int p = 0; p < parts; p++) {
      const float* from = part + (((size_t)picture * parts + p) * groups + t) * 2;
      all += from[0]; squares += from[1];
    }
    const float count = (float)rows * wide_of, middle = all / count, variance = squares / count - middle * middle;
    mean[t] = middle;
    scale[t] = rsqrtf((variance > 0 ? variance : 0) + (float)eps);
  }
  __syncthreads();
  const Eight more = stride < 0 ? Eight{} : bias[(size_t)picture * stride + column], gain = weight[column], offset = shift[column];
  float a[8], b[8];  // y = x a + b
  for (int k = 0; k < 8; k++) {
    const int group = (column * 8 + k) / wide_of;
    a[k] = wide(gain.v[k]) * scale[group];
    b[k] = wide(offset.v[k]) + (wide(more.v[k]) - mean[group]) * a[k];
  }
  const Share share = share_of(rows, blockIdx.x, gridDim.x);
  for (int row = share.begin + t / c8; row < share.end; row += step) {
    const size_t at = ((size_t)picture * rows + row) * c8 + column;
    const Eight given = x[at];
    Eight made;
    for (int k = 0; k < 8; k++) {
      const float v = wide(given.v[k]) * a[k] + b[k];
      made.v[k] = narrow(silu ? v / (1.0f + __expf(-v)) : v);
    }
    y[at] = made;
  }
}

// y = first + second + bias (c8); count: of Eights.
extern "C" __global__ void join(const Eight* first, const Eight* second, const Eight* bias, Eight* y, int count, int c8) {
  for (size_t at = (size_t)blockIdx.x * blockDim.x + threadIdx.x; at < count; at += (size_t)gridDim.x * blockDim.x) {
    const Eight one = first[at], two = second[at], more = bias[at % c8];
    Eight made;
    for (int k = 0; k < 8; k++) made.v[k] = narrow(wide(one.v[k]) + wide(two.v[k]) + wide(more.v[k]));
    y[at] = made;
  }
}

// Each pixel four times: x (n, height, width, c8) -> y (n, 2 height, 2 width, c8); count: of y's Eights.
extern "C" __global__ void enlarge(const Eight* x, Eight* y, int count, int c8, int width) {
  for (size_t at = (size_t)blockIdx.x * blockDim.x + threadIdx.x; at < count; at += (size_t)gridDim.x * blockDim.x) {
    const size_t column = at % c8, pixel = at / c8, across = pixel % (2 * width), down = pixel / (2 * width);
    y[at] = x[(down / 2 * width + across / 2) * c8 + column];
  }
}
