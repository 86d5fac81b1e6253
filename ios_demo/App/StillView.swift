import SwiftUI

/// A photo in the look: hold to see the original, share, save.
struct StillView: View {
    let data: Data
    let model: BundledModel
    @StateObject private var still = StillPhoto()
    @State private var showsOriginal = false

    var body: some View {
        VStack {
            if let image = showsOriginal ? still.original : still.painted ?? still.original {
                Image(uiImage: image)
                    .resizable()
                    .scaledToFit()
                    .frame(maxWidth: .infinity, maxHeight: .infinity)
                    .accessibilityLabel(showsOriginal ? "The photo" : "The photo in the look")
                    .holdToSeeOriginal { showsOriginal = $0 }
            } else {
                Spacer()
            }
            words.padding()
        }
        .navigationTitle(model.title)
        .navigationBarTitleDisplayMode(.inline)
        .toolbar {
            ToolbarItemGroup(placement: .bottomBar) {
                if let file = still.file {
                    ShareLink(item: file)
                    Spacer()
                    Button("Save to Photos", systemImage: "square.and.arrow.down") { Task { await still.save() } }
                        .disabled(still.saved)
                }
            }
        }
        .task { await still.paint(data, with: model) }
    }

    @ViewBuilder private var words: some View {
        if let problem = still.problem {
            Text(problem)
        } else if still.saved {
            Text("It is in Photos.")
        } else if still.painted == nil {
            ProgressView("Painting at full resolution", value: still.share)
        }
    }
}
