/// One model at one size on one kind of processor, as benchmarks/schema.json has it.
public struct Row: Codable, Equatable, Sendable {
    public enum Status: String, Codable, Sendable {
        case measured
        case notRun = "not run"
        case failed
    }

    public let system: String
    public let model: String
    public let group: String
    public let runtime: String
    public let precision: String
    public let backend: String
    public let file: String
    public let weights: String
    public let bytes: Int
    public let size: PictureSize
    public private(set) var status: Status
    public private(set) var reason: String?
    public private(set) var samplesMs: [Double]?
    public private(set) var statisticsMs: Statistics?
    public var loadMs: Double?
    public var firstMs: Double?
    public var throttled: Bool?
    public var readings: [Reading]?
    public private(set) var sustained: [CurvePoint]?

    enum CodingKeys: String, CodingKey {
        case system
        case model
        case group
        case runtime
        case precision
        case backend
        case file
        case weights
        case bytes
        case size
        case status
        case reason
        case samplesMs = "samples_ms"
        case statisticsMs = "statistics_ms"
        case loadMs = "load_ms"
        case firstMs = "first_ms"
        case throttled
        case readings
        case sustained
    }

    /// Not run as yet. `backend`: Core ML's compute units, CPU_ONLY, CPU_AND_GPU or ALL.
    public init(facts: ModelFacts, file: String, bytes: Int, backend: String, sides: Sides) {
        system = "\(file) \(backend)"
        model = facts.model
        group = "made"
        runtime = "Core ML"
        precision = facts.precision
        self.backend = backend
        self.file = file
        weights = "trained"
        self.bytes = bytes
        size = PictureSize(sides)
        status = .notRun
        reason = "the run ended before its turn"
    }

    /// Takes timed `samples` in milliseconds, in the order of time. It has failed where they are none, or not finite.
    public mutating func measure(_ samples: [Double]) {
        guard let statistics = Statistics(of: samples) else { return fail("it gave no times") }
        status = .measured
        reason = nil
        samplesMs = samples
        statisticsMs = statistics
    }

    /// Says in one line why it could not be measured; what was measured goes.
    public mutating func fail(_ why: String) {
        status = .failed
        reason = why.split(whereSeparator: { $0.isNewline }).first.map { String($0) } ?? "no reason given"
        samplesMs = nil
        statisticsMs = nil
        throttled = nil
        sustained = nil
    }

    /// Adds the curve of the network run without a pause.
    public mutating func add(_ curve: SustainedCurve) {
        sustained = curve.points
        throttled = (throttled ?? false) || curve.throttled
    }
}
