"""List the published sets: their pages, licenses and archives, or how to get those that no program may fetch.

No address was fetched by the developers of this package: each is taken from public documentation or programs that name
it, as the comment next to it says. Checksums are those that the publisher or such a program states.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Archive:
    """One file of a set.

    Attributes
    ----------
    url : str
    checksum : str
        ``md5:`` or ``sha256:`` and the digest in hexadecimal; empty if none is published.
    is_sound : bool
        Whether the archive holds only sound.
    strip : bool
        Whether to leave out the archive's top folder, if it has only one.
    unpack : bool
        Whether the file is an archive; False for one that is used as it is.
    """

    url: str
    checksum: str = ""
    is_sound: bool = False
    strip: bool = True
    unpack: bool = True

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class PublishedSet:
    """A set that can be downloaded, or instructions for it.

    Attributes
    ----------
    name : str
        For the command line.
    title, page, license, citation : str
        For people who have to agree to the license.
    archives : tuple of Archive
        Empty if there is no address that may be used.
    instead : str
        What to do if there is none, or what else is needed.
    """

    name: str
    title: str
    page: str
    license: str
    citation: str
    archives: tuple[Archive, ...] = ()
    instead: str = ""


# https://cvml.unige.ch/databases/DEAM/ serves its archives without a form; several programs name these files
_DEAM = "https://cvml.unige.ch/databases/DEAM/"
# the files that its page offers, as programs name them
_EMOTIFY = "http://www2.projects.science.uu.nl/memotion/emotifydata/"

SETS = (
    PublishedSet(
        name="deam",
        title="DEAM: 1,802 songs, rated twice a second",
        page=_DEAM,
        license="For research. The songs have Creative Commons licenses of their own, many of them non-commercial.",
        citation="Aljanaki, Yang & Soleymani, PLoS ONE 12(3), 2017, doi:10.1371/journal.pone.0173392",
        archives=(
            Archive(url=_DEAM + "DEAM_Annotations.zip", strip=False),
            Archive(url=_DEAM + "metadata.zip", strip=False),
            Archive(url=_DEAM + "features.zip", strip=False),
            Archive(url=_DEAM + "DEAM_audio.zip", strip=False, is_sound=True),
        ),
    ),
    PublishedSet(
        name="emomusic",
        title='emoMusic, "1000 songs": 744 clips, rated twice a second and as a whole',
        page="https://cvml.unige.ch/databases/emoMusic/",
        license="For research; see the page.",
        citation="Soleymani et al., CrowdMM 2013, doi:10.1145/2506364.2506365",
        instead="its page asks for a form first. Unpack annotations and clips_45seconds into one folder. The songs are "
        "also those of DEAM up to id 1000",
    ),
    PublishedSet(
        name="pmemo",
        title="PMEmo: 794 choruses of pop songs, rated twice a second and as a whole",
        page="https://github.com/HuiZhangDB/PMEmo",
        license="For research; cite the paper. The songs belong to their owners.",
        citation="Zhang et al., ICMR 2018, doi:10.1145/3206025.3206037",
        instead="its page leads to a file on Google Drive, PMEmo2019.zip, which a browser has to confirm; unpack it",
    ),
    PublishedSet(
        name="merp",
        title="MERP: 54 songs, rated ten times a second by 277 listeners",
        page="https://huggingface.co/datasets/amaai-lab/MERP",
        license="CC BY 4.0 (ratings); the songs are under Creative Commons licenses of their own",
        citation="Koh et al., Sensors 23(1), 2023, doi:10.3390/s23010382",
        instead="fetch it with its host's program: hf download amaai-lab/MERP --repo-type dataset --local-dir MERP",
    ),
    PublishedSet(
        name="musifeast",
        title="MUSIFEAST-17: 356 clips of 17 genres, rated as a whole",
        page="https://github.com/HazelvdW/MUSIFEAST-17",
        license="Ratings and metadata: CC0 1.0. Clips: excerpts of commercial recordings, for non-commercial academic "
        "research only.",
        citation="van der Walle et al., Behavior Research Methods 57, 2025, doi:10.3758/s13428-025-02724-0",
        # GitHub serves the archive of any public repository's default branch under this address
        archives=(Archive(url="https://github.com/HazelvdW/MUSIFEAST-17/archive/HEAD.zip"),),
    ),
    PublishedSet(
        name="muse",
        title="MuSe: values of 90,001 songs, computed from tags, without sound",
        page="https://www.kaggle.com/cakiki/muse-the-musical-sentiment-dataset",
        license="See the page.",
        citation="Akiki & Burghardt, Journal of Open Humanities Data 7, 2021, doi:10.5334/johd.33",
        instead="its host asks for an account. Put muse_v3.csv into a folder, and your own sound into audio/, named by "
        "spotify_id",
    ),
    PublishedSet(
        name="4q",
        title="4Q audio emotion: 900 clips with quadrants",
        page="http://mir.dei.uc.pt/downloads.html",
        license="For research; its readme states no license. The clips are excerpts of commercial recordings.",
        citation="Panda, Malheiro & Paiva, IEEE Transactions on Affective Computing 11(4), 2020, "
        "doi:10.1109/TAFFC.2018.2820691",
        # named by the documentation of programs that use the set; the archive has a readme with its layout
        archives=(Archive(url="http://mir.dei.uc.pt/resources/MER_audio_taffc_dataset.zip"),),
    ),
    PublishedSet(
        name="emopia",
        title="EMOPIA: 1,078 clips of piano music as MIDI, with quadrants",
        page="https://doi.org/10.5281/zenodo.5257995",
        license="CC BY-NC-SA 4.0 (https://creativecommons.org/licenses/by-nc-sa/4.0/), for research",
        citation="Hung et al., ISMIR 2021, arXiv:2108.01374",
        # address and MD5 as in MusPy (muspy/datasets/emopia.py)
        archives=(
            Archive(
                url="https://zenodo.org/record/5257995/files/EMOPIA_2.2.zip",
                checksum="md5:bad5171786a4898f37fc2678e99afd94",
            ),
        ),
        instead="it has no sound: render its MIDI files with moodcurve render",
    ),
    PublishedSet(
        name="vgmidi",
        title="VGMIDI: phrases of 200 pieces of video-game music as MIDI, with quadrants",
        page="https://github.com/lucasnfe/vgmidi",
        license="None is stated.",
        citation="Ferreira & Whitehead, ISMIR 2019",
        instead="it has no license that lets programs copy it. Fetch it from its page, and render its MIDI files with "
        "moodcurve render",
    ),
    PublishedSet(
        name="emotify",
        title="Emotify: 400 excerpts with the emotion words that listeners chose",
        page=_EMOTIFY,
        license="No formal license: its authors ask to cite the paper.",
        citation="Aljanaki, Wiering & Veltkamp, Information Processing & Management 52(1), 2016, "
        "doi:10.1016/j.ipm.2015.03.004",
        archives=(
            Archive(url=_EMOTIFY + "data.csv", unpack=False),
            Archive(url=_EMOTIFY + "emotifymusic.zip", strip=False, is_sound=True),
        ),
    ),
    PublishedSet(
        name="musav",
        title="MusAV: comparisons of arousal and valence of 2,092 songs",
        page="https://mtg.github.io/musav-dataset",
        license="CC BY-NC-SA 4.0 (https://creativecommons.org/licenses/by-nc-sa/4.0/)",
        citation="Bogdanov et al., ISMIR 2022, http://hdl.handle.net/10230/54181",
        archives=(Archive(url="https://github.com/MTG/musav-dataset/archive/HEAD.zip"),),
        instead="its sound is given on request, on Zenodo: see the page, and unpack it to data/audio_chunks/",
    ),
)


def find_set(name: str) -> PublishedSet | None:
    """Return the set of a name, ignoring case, or None."""
    return next((one for one in SETS if one.name == name.casefold()), None)
