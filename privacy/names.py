"""Words that tell a person's name from the name of a place or a firm; French, without accents."""

from __future__ import annotations

import re

# Frequent given names in France, written from memory, not yet held against INSEE's "Fichier des prénoms";
# without those that are as often a word, a colour or a place (Ambre, Aude, France, Iris, Jade, Victoire …).
GIVEN_NAMES = re.findall(
    r"\w+",
    """
    adam adelaide adele adrien adrienne agathe agnes ahmed aicha alain albane albert alex alexandra
    alexandre alexia alexis alfred ali alice alicia aline alison alix amandine amelie amina amine anais
    anastasia andre andrea andree angele angelina angelique anissa anita ann anna annabelle anne annette
    annick annie anouk anthony antoine antoinette antonin antonio antony apolline ariane arlette armand
    armelle arnaud arthur astrid audrey augustin aurelie aurelien aurore axel axelle aya aymeric
    baptiste barbara bastien beatrice benedicte benjamin benoit berenice bernadette bernard berthe
    bertrand bilal blandine brahim brice brigitte bruno camille carine carla carlos carole carolina
    caroline catherine cecile cedric celestin celia celine chantal charlene charles charlotte chloe
    christel christelle christian christiane christine christophe claire clara clarisse claude claudette
    claudie claudine clea clemence clement clementine clotilde colette coline colombe coralie corentin
    corinne cyrielle cyril cyrille damien daniel daniele danielle danny david deborah delphine denis
    denise diane didier dominique dorian doriane dorothee dylan edgar edith edmond edouard edwige elena
    eleonore eliane elias elie eliot eliott elisa elisabeth elise ellen elodie eloise elsa emeline
    emeric emile emilie emilien emma emmanuel emmanuelle enzo eric erika erwan esteban estelle esther
    etienne eugene eugenie eva evan evelyne ewan fabian fabien fabienne fabrice fanny farid fatiha
    fatima fatou felicie felix ferdinand fernand fernande fernando flavie flavien florence florent
    florian florine francine francis francisco franck francois francoise frederic frederique gabin
    gabriel gabrielle gael gaelle gaetan gaspard gaston gauthier genevieve geoffrey geoffroy georges
    georgette gerald geraldine gerard germain germaine ghislain ghislaine gilbert gilberte gilles gisele
    giulia gregoire gregory guilhem guillaume gustave guy gwenael gwenaelle gwendoline habib hakim hamid
    hamza hanna hassan helena helene heloise henri henriette herve hicham hubert hugo hugues huguette
    ibrahim ibrahima ilan ilyes imane imene inaya ines ingrid irene isaac isabelle isaline ismael jacky
    jacqueline jacques jamila janine jason jean jeanine jeanne jeannette jeannine jennifer jeremie
    jeremy jerome jessica jessy joana joanna jocelyn jocelyne joel joelle johan johanna john johnny
    jonas jonathan jordan jorge jose joseph josephine josette josiane josselin josue juan jules julia
    julian juliane julie julien julienne juliette justine kamel karen karim karima karine katia kelly
    kenza kevin khadija khaled killian kylian laetitia lahcen laila lara laura laure laureline lauren
    laurence laurent laurette laurie lea leana leila lena leo leon leonard leonie leonor leopold lilia
    lilian liliane lily lina linda lionel lisa lise loane loic lola lorenzo loris lou louane louis
    louisa louise luc luca lucas lucette lucie lucien lucienne lucile lucille ludivine ludovic luis
    lydia lydie lyna madeleine mael maelle maelys maeva magali magalie maite malek malik malika mamadou
    manon manuel manuela marc marceau marcel marcelle marco margaux margot marguerite maria mariam
    mariama marianne marie mariette marilyne marina marine mario marion marius marjorie marlene marthe
    martial martin martine maryline maryse maryvonne mathias mathieu mathilde mathis mathys matteo
    matthias matthieu maud maurice maxence maxime maximilien mehdi melanie melina melissa melodie
    michael michel michele micheline mickael miguel milan mireille mohamed mohammed moise monique morgan
    morgane mouna mourad moussa muriel mustapha myriam nabil nadege nadia nadine naima nassim natacha
    natalia nathalie nathan nawel nelly nicolas nicole nina ninon noah noe noel noelle noemie nolan nora
    norbert oceane octave odette odile olga olivia olivier omar ophelie orlane oscar pablo pascal
    pascale patrice patricia patrick paul paula paule paulette pauline pedro perrine philippe philippine
    pierre pierrette pierrick prisca quentin rachel rachid rachida raoul raphael raphaelle raymond
    raymonde regine regis reine remi remy renaud rene renee richard robert roberto robin rodolphe
    rodrigue roger roland rolande romain romane romeo romuald rosa rosalie rose roseline roxane ruben
    rudy ryan sabine sabrina sacha salah salim salima salome samantha sami samia samir samira samuel
    samy sandra sandrine sara sarah saskia sebastien segolene selena selma serena serge severine sidonie
    simon simone sofia sofiane soizic solange solene sonia sophia sophie soraya stanislas steeve stella
    stephan stephane stephanie steve steven suzanne sybille sylvain sylvaine sylvere sylvette sylviane
    sylvie tanguy tania tatiana teddy teo teva thais theo theodore theophile theotime therese thibaud
    thibault thibaut thierry thomas timothe timothee titouan tom tony tristan ugo ulysse valentin
    valentine valerie valery vanessa veronique vianney victor victoria vincent violaine virginie viviane
    vivien walid wendy wilfried william willy xavier yael yanis yann yannick yannis yasmina yasmine
    yassine yoann yohan yohann yolande youcef youri youssef yvan yves yvette yvon yvonne zacharie
    zakaria zeynep zinedine zoe zohra
    """,
)

# Whom streets, schools and stations are called after: their names alone tell of nobody who is alive. Written
# from memory of what is frequent.
EPONYMS = (
    "Albert Camus", "Alfred de Musset", "Alphonse Daudet", "Ambroise Pare", "Anatole France", "Andre Malraux",
    "Antoine de Saint[ -]Exupery", "Aristide Briand", "Arthur Rimbaud", "Auguste Renoir", "Berthe Morisot",
    "Blaise Pascal", "Camille Claudel", "Charles Baudelaire", "Charles de Gaulle", "Charles Peguy",
    "Charles Perrault", "Claude Debussy", "Claude Monet", "Denis Diderot", "Edith Piaf", "Emile Zola",
    "Eugene Delacroix", "Felix Faure", "Ferdinand Buisson", "Francois Mitterrand", "Francois Rabelais",
    "Frederic Mistral", "Gabriel Peri", "George Sand", "Georges Brassens", "Georges Clemenceau",
    "Georges Pompidou", "Guy de Maupassant", "Guy Moquet", "Hector Berlioz", "Henri Barbusse",
    "Henri Dunant", "Henri Matisse", "Honore de Balzac", "Jacques Brel", "Jacques Cartier", "Jacques Prevert",
    "Jean de la Fontaine", "Jean Jaures", "Jean Mace", "Jean Mermoz", "Jean Monnet", "Jean Moulin",
    "Jean Rostand", "Jean Zay", "Jeanne d'Arc", "Joliot Curie", "Jules Ferry", "Jules Guesde", "Jules Verne",
    "Leon Blum", "Leon Gambetta", "Leonard de Vinci", "Louis Aragon", "Louis Pasteur", "Lucie Aubrac",
    "Marc Bloch", "Marc Chagall", "Marcel Dassault", "Marcel Pagnol", "Marcel Proust", "Marie Curie",
    "Martin Luther King", "Maurice Ravel", "Maurice Thorez", "Max Jacob", "Michel de Montaigne",
    "Nelson Mandela", "Olympe de Gouges", "Pablo Picasso", "Paul Bert", "Paul Cezanne", "Paul Eluard",
    "Paul Langevin", "Paul Verlaine", "Pierre Brossolette", "Pierre Curie", "Pierre de Coubertin",
    "Pierre de Ronsard", "Pierre Mendes France", "Raymond Poincare", "Rene Descartes", "Robert Desnos",
    "Robert Schuman", "Romain Rolland", "Rosa Parks", "Saint[ -]Exupery", "Simone de Beauvoir",
    "Simone Veil", "Victor Hugo", "Victor Schoelcher",
)  # fmt: skip

# What a street, a public building or a stop is called by; the name that follows is its eponym's.
PLACES = (
    "rue", "avenue", "av", "ave", "boulevard", "bd", "bld", "place", "pl", "square", "sq", "allees?",
    "impasse", "chemin", "route", "quai", "cours", "passage", "pont", "promenade", "esplanade", "mail",
    "villa", "sentier", "sente", "ruelle", "rond[ -]point", "parvis", "carrefour", "jardins?", "parc",
    "parkings?", "parc relais", "ecoles?", "maternelle", "elementaire", "primaire", "groupe scolaire",
    "college", "lycee", "universite", "institut", "campus", "amphitheatre", "gymnase", "stade", "piscine",
    "complexe", "terrain", "salle", "espace", "centre", "maison", "pole", "mediatheque", "bibliotheque",
    "theatre", "cinema", "musee", "conservatoire", "hopital", "clinique", "fondation", "residence", "foyer",
    "creche", "gare", "station", "metro", "arret", "quartier", "cite", "tour", "fort", "porte", "hotel",
    "eglise", "cathedrale", "basilique", "chapelle", "paroisse", "cimetiere", "statue", "monument", "buste",
    "prix", "bassin", "ligne", "zac", "via",
)  # fmt: skip

# A denomination with one of these is a firm, an association or a public body.
FIRMS = (
    "sarl", "sas", "sasu", "sa", "eurl", "sci", "scp", "scm", "snc", "selarl", "selas", "selurl", "earl",
    "gaec", "scea", "scop", "scic", "sem", "spl", "gie", "ets", "etablissements?", "ste", "societe",
    "compagnie", "cie", "groupe", "holding", "associes?", "associations?", "amicale", "club", "comite",
    "federation", "syndicat", "fils", "freres", "agence", "cabinet", "bureau", "etude", "office", "atelier",
    "garage", "autos?", "automobiles?", "taxi", "transports?", "travaux", "batiment", "construction",
    "renovation", "maconnerie", "menuiserie", "plomberie", "electricite", "peinture", "couverture",
    "paysages?", "espaces verts", "immobilier", "assurances?", "conseil", "consulting", "formation",
    "services?", "industries?", "international", "france", "paris", "boulangerie", "patisserie", "boucherie",
    "charcuterie", "epicerie", "restaurant", "brasserie", "cafe", "bar", "tabac", "traiteur", "chocolat",
    "fleurs?", "coiffure", "coiffeur", "beaute", "esthetique", "optique", "optic", "opticien", "pharmacie",
    "laboratoire", "ambulances?", "pressing", "bijouterie", "chaussures", "mode", "couture", "sport",
    "diffusion", "distribution", "location", "securite", "nettoyage", "architectes?", "avocats?",
    "notaires?", "mairie", "commune", "ville", "departement", "region", "prefecture", "ministere",
    # Brands that are somebody's name, of firms of several thousand shops.
    "afflelou", "leroy merlin", "yves rocher", "franck provost", "jean louis david", "jacques dessange",
    "camille albane", "saint algue", "nicolas", "jeff de bruges", "christine laure", "armand thiery",
    "pierre fabre", "louis vuitton", "paul bocuse", "jean lefebvre", "vinci", "bouygues", "eiffage",
)  # fmt: skip
